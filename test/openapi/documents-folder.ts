/** Where the documents of all APIs lie for those who cannot ask a running one. */
export const documentsFolder = new URL('../../docs/openapi/', import.meta.url);
