"""The import path of releases 0.1 and 0.2 for the errors. The same classes are in `chatroutes`."""

from .errors import AuthenticationError as AuthenticationError
from .errors import ChatRoutesError as ChatRoutesError
from .errors import ConflictError as ConflictError
from .errors import NetworkError as NetworkError
from .errors import NotFoundError as NotFoundError
from .errors import PermissionDeniedError as PermissionDeniedError
from .errors import RateLimitError as RateLimitError
from .errors import RequestTimeoutError as RequestTimeoutError
from .errors import ResponseError as ResponseError
from .errors import ServerError as ServerError
from .errors import StreamInterruptedError as StreamInterruptedError
from .errors import ValidationError as ValidationError
