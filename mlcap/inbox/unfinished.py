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


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is incomplete, or the lock or copy that an editor keeps beside one."""
    folded = name.lower()
    edited = folded.startswith(("~$", ".~", "~lock.")) or (folded.startswith("#") and folded.endswith("#"))
    return edited or folded.endswith(_ENDS) or bool(_CODED.fullmatch(folded))
