/** One thing that is wrong with an object, in the API server's words. */
export interface FieldError {
  /** As the API server's `details.causes[].reason`. */
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueNotFound'
    | 'FieldValueNotSupported'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
  /** `spec.template.spec.containers[0].image` */
  readonly field: string
  /** With the prefix that the API server gives it: `Required value`, `Invalid value: 5: must be ...`. */
  readonly message: string
}
