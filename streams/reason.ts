const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EEXIST: 'there is a file of that name',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EACCES: 'permission denied',
  EPERM: 'it is not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EIO: 'the device failed',
  EFBIG: 'the file is larger than this process may write',
  EDQUOT: 'the quota is used up',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENAMETOOLONG: 'the name is too long',
}

export type SystemError = Error & { readonly code: string }

/** Whether an error comes from the system, with one of these codes if any are given */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && (codes.length === 0 || codes.includes(error.code))
}

/** What went wrong, for people, from an error of the system */
export function reasonOf(error: NodeJS.ErrnoException): string {
  return REASONS[error.code ?? ''] ?? error.message
}
