import { Composer, Lexer, Parser } from 'yaml';
import type { CST, Document, Tags } from 'yaml';
import type { ReadLimits } from './limits.ts';
import { Unreadable } from './unreadable.ts';

/** Tags of YAML 1.1 that no Kubernetes reader resolves; their text stays text. */
const tagsLeftOut = ['binary', 'merge', 'omap', 'pairs', 'set', 'timestamp'].map((name) => `tag:yaml.org,2002:${name}`);

/** Tokens that the parser holds open for each level of a document: key, value and what is between them. */
const openTokensPerLevel = 3;

/** Booleans of YAML 1.1 but for the single letters. */
const booleans = { true: /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/, false: /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/ };

/** Tags of YAML 1.1 without those that Kubernetes doesn't resolve. */
function kubernetesTags(tags: Tags): Tags {
  return tags.flatMap((tag): Tags => {
    if (typeof tag === 'string') return [tag];
    if (tagsLeftOut.includes(tag.tag) || ('format' in tag && tag.format === 'TIME')) return [];
    if (tag.tag !== 'tag:yaml.org,2002:bool' || tag.collection !== undefined) return [tag];
    return [{ ...tag, test: tag.test?.test('true') ? booleans.true : booleans.false }];
  });
}

/**
 * Reads YAML as Kubernetes does: version 1.1, so that an unquoted `yes` or `on` is a boolean (and invalid as a label), but
 * without base 60 numbers, dates and binary. Unlike there, the letters `y` and `n` stay texts: see {@link isBooleanLetter}.
 * Throws {@link Unreadable} for the first mistake.
 */
export function* yamlDocuments(text: string, limits: ReadLimits): Generator<Document.Parsed> {
  const composer = new Composer({
    version: '1.1',
    schema: 'yaml-1.1',
    merge: false,
    customTags: kubernetesTags,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  for (const document of composer.compose(boundedTokens(text, limits), false, text.length)) {
    const [error] = document.errors;
    if (error !== undefined) throw new Unreadable(error.message, error.pos[0]);
    yield document;
  }
}

/** The composer recurses by level, and the parser holds open levels on its stack: too deep a text is refused here. */
function* boundedTokens(text: string, { depthMax }: ReadLimits): Generator<CST.Token> {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > depthMax * openTokensPerLevel) {
      throw new Unreadable(`more than ${depthMax} levels`, parser.offset);
    }
  }
  yield* parser.end();
}

/**
 * Whether an unquoted text is one that kubectl reads as a boolean and refuses as a name, while most other programs (that
 * write manifests) hold it for a text. It is taken as text here, with a warning.
 */
export function isBooleanLetter(text: unknown): boolean {
  return typeof text === 'string' && /^[yYnN]$/.test(text);
}
