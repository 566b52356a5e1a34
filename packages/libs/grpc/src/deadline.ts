/** The deadline of a unary call, `ms` milliseconds from now, as grpc-js takes it. Every unary call has one. */
export function deadlineIn(ms: number): { deadline: Date } {
  return { deadline: new Date(Date.now() + ms) };
}
