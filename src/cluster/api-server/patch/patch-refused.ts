/** A patch that cannot be carried out: 400 when it makes no sense, 422 or 500 when it does not fit the object. */
export class PatchRefused extends Error {
  override readonly name = 'PatchRefused'
  readonly status: 400 | 422 | 500

  constructor(status: 400 | 422 | 500, message: string) {
    super(message)
    this.status = status
  }
}
