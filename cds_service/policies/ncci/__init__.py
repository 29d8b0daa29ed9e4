"""CMS's published edit tables (MUE and PTP), read into a site's policy layer."""

from cds_service.policies.files.document import PolicyError


class NcciError(PolicyError):
    """A file of CMS, or the site layer, that cannot be used. The text says where, what is wrong, and what to do."""
