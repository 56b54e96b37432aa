"""Names that programs give to files which are not complete, or which are nobody's records."""

from __future__ import annotations

import re

#: Ends of the names of files that a browser, download manager, synchroniser or editor is still writing.
_ENDS = tuple(
    """.part .partial .filepart .tmp .temp .crdownload .download .opdownload .downloading .xltd .aria2 .!sync .!ut .!qb
    .!bt .bc! .bts .jc! .fdmdownload .dltmp .incomplete .inprogress .upload .uploading .rsync .icloud .swp .swo .swx .lock .lck .kate-swp .bak ~""".split()
)
#: The same where a number or code follows: TextEdit's safe saving, uploads in pieces, rsync and mktemp.
_CODED = re.compile(
    r".*\.(sb-[0-9a-z-]+|part[0-9]+|tmp[0-9a-z_-]{1,12}|fuse_hidden[0-9a-f]+|goutputstream-\w+)",
    re.IGNORECASE | re.DOTALL,
)
#: Ends of the names of files that say of others that they are whole: a sign that a transfer is done, sums, signatures.
_MARKS = tuple(
    """.ok .done .ready .complete .completed .finished .fin .go .trg .trigger .flag .sem .semaphore .md5 .md5sum .sha1
    .sha1sum .sha224 .sha256 .sha256sum .sha384 .sha512 .sha512sum .crc .crc32 .sfv .b2sum .blake3 .xxh3 .xxh64 .asc .sig
    .par2""".split()
)
#: Whole names of such files: lists of sums, and what BagIt (RFC 8493) puts beside its folder of files.
_LISTS = re.compile(
    r"(?:bagit|bag-info|checksums?|(?:tag)?manifest-(?:md5|sha[0-9]{1,3})|(?:md5|sha[0-9]{1,3})sums?)(?:\.txt)?"
)


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is incomplete, the lock or copy that an editor keeps beside one, or a transfer's mark."""
    folded = name.lower()
    edited = folded.startswith(("~$", ".~", "~lock.")) or (folded.startswith("#") and folded.endswith("#"))
    marks = folded.endswith(_MARKS) or bool(_LISTS.fullmatch(folded))
    return edited or marks or folded.endswith(_ENDS) or bool(_CODED.fullmatch(folded))
