// tsyringe, inside @peculiar/x509, throws at import without the polyfill: it has to be evaluated first.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata';

export { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension, X509Certificate } from '@peculiar/x509';
