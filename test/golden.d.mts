export declare function golden(backend: 'reference' | 'simd'): { readonly digest: string; readonly bits: number }
