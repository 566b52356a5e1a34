/** What makes a document unreadable: thrown while a document is read, caught where documents are, never outside of text/. */
export class Unreadable extends Error {
  /** Place in the text of the document, where it is known. */
  readonly offset: number | undefined;

  constructor(message: string, offset?: number) {
    super(message);
    this.name = 'Unreadable';
    this.offset = offset;
  }
}
