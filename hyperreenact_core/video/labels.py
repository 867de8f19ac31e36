"""The mark that every output carries: it was made by an AI."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from PIL.PngImagePlugin import PngInfo

AI_KEY = "AI-generated"
AI_COMMENT = "AI-generated: face reenactment by HyperReenact"

_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's word for a picture that is partly made by a trained model."""

_XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' Iptc4xmpExt:DigitalSourceType="{source_type}">'
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{comment}</rdf:li></rdf:Alt>'
    '</dc:description></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


def labelled(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """The caller's tags with the mark put into `comment` and `description`."""
    tags = dict(metadata or {})
    for key in ("comment", "description"):
        given = tags.get(key)
        tags[key] = f"{AI_COMMENT}; {given}" if given else AI_COMMENT
    return tags


def png_text(metadata: Mapping[str, str] | None) -> PngInfo:
    """The tags as PNG text chunks; the key "AI-generated" stands first."""
    text = PngInfo()
    text.add_text(AI_KEY, "true")
    for key, value in labelled(metadata).items():
        text.add_text(key.capitalize(), value)
    return text


def comment_text(metadata: Mapping[str, str] | None) -> str:
    """The tags in one text, for formats that know only a comment."""
    tags = labelled(metadata)
    tags.pop("description")
    comment = tags.pop("comment")
    return "; ".join([comment, *(f"{key}: {value}" for key, value in tags.items())])


def xmp_packet(metadata: Mapping[str, str] | None) -> bytes:
    """The tags as XMP, for WebP and JPEG."""
    comment = escape(comment_text(metadata))
    return _XMP.format(source_type=_SOURCE_TYPE, comment=comment).encode()
