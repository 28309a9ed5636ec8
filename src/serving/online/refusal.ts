/** Something asked for that cannot be had, in words for who asked. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 404 | 409 | 422 | 503,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
