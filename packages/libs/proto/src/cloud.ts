// The frames of the one stream to Kestrel Cloud, and enrolment.
export * from './gen/kestrel/cloud/v1/enrollment.ts';
export * from './gen/kestrel/cloud/v1/frames.ts';
