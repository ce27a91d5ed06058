// Package answer is what every document below /api/v2 has in common: the media type, one table of errors, pages, times,
// the consistency token, and what is done with requests before and after a handler.
//
// It knows JSON:API documents, Echo and who calls; it knows no resource, no route and no rule. Its pointers and
// sentences are those of TFE's API, whose clients read them.
package answer
