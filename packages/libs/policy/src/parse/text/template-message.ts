/** What is said of a manifest that is a template, as Helm's, which only rendering would make a manifest. */
export function templateMessage(line: number): string {
  return `line ${line}: a template ("{{"), not a manifest: give what it renders to (helm template, for example)`;
}
