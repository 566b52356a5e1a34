// gRPC services: a door of its own, since it alone needs grpc-js.
export * from './gen/kestrel/cloud/v1/enrollment_service.ts';
export * from './gen/kestrel/cloud/v1/session_service.ts';
