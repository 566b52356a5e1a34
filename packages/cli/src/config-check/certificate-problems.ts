import { X509Certificate } from 'node:crypto';
import { reasonOf } from '../failure-line.ts';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** What is wrong with certificates of authorities in PEM, one sentence each. Pure. */
export function caProblems(pem: string, now: Date): string[] {
  const blocks = [...pem.matchAll(BLOCK)];
  if (blocks.length === 0) return ['holds no PEM certificate'];
  return blocks.flatMap(([block, label = ''], at) => {
    const where = blocks.length === 1 ? '' : `certificate ${at + 1}: `;
    // Said by the search for private keys, wherever they stand.
    if (label.endsWith('PRIVATE KEY')) return [];
    if (label !== 'CERTIFICATE') return [`${where}is a ${label.toLowerCase()}, not a certificate`];
    return problemsOf(block, now).map((problem) => `${where}${problem}`);
  });
}

function problemsOf(block: string, now: Date): string[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(block);
  } catch (error) {
    return [`cannot be parsed: ${reasonOf(error)}`];
  }
  const { ca, validFromDate, validToDate } = certificate;
  return [
    ...(ca ? [] : ['is no certificate authority']),
    ...(validToDate <= now ? [`expired at ${validToDate.toISOString()}`] : []),
    ...(validFromDate > now ? [`is not valid before ${validFromDate.toISOString()}`] : []),
  ];
}
