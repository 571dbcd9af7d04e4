/** The page of a case's run in the Temporal Web UI at `uiUrl`: what happened, step by step. */
export function caseLink(
  uiUrl: string,
  namespace: string,
  workflowId: string,
  runId: string,
): string {
  const steps = ['namespaces', namespace, 'workflows', workflowId, runId, 'history'];
  return `${uiUrl.replace(/\/+$/, '')}/${steps.map(encodeURIComponent).join('/')}`;
}
