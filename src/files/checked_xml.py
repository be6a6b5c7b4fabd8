"""The one place where XML is read: no entities, no external files, no bombs."""

import os
from xml.etree import ElementTree

import defusedxml
import defusedxml.ElementTree

from src.files.errors import FileError

MAX_BYTES = 64 << 20


def read(path):
  """Parses an XML file that need not be trusted.

  Args:
    path: str.

  Returns:
    `xml.etree.ElementTree.Element`, the root.

  Raises:
    FileError: the file cannot be read, is larger than 64 MiB, is no XML, or
      defines entities or refers to other files.
  """
  try:
    size = os.path.getsize(path)
    if size > MAX_BYTES:
      raise FileError(
        '%s has %d bytes; XML of at most %d is read' % (path, size, MAX_BYTES)
      )
    return defusedxml.ElementTree.parse(path, forbid_dtd=True).getroot()
  except OSError as error:
    raise FileError('cannot read %s: %s' % (path, error.strerror)) from error
  except defusedxml.DefusedXmlException as error:
    raise FileError(
      '%s is refused: it declares a document type or entities, as harmless '
      'metadata does not' % path
    ) from error
  except (ElementTree.ParseError, ValueError, LookupError) as error:
    raise FileError('%s is no XML: %s' % (path, error)) from error
