using Microsoft.Extensions.Logging;

namespace Viaduct.Kube.Server;

/// <summary>What the API server logs.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Error, "The database refused a commit of {Changes} changes; their callers were told, nothing was changed.")]
    public static partial void CommitFailed(ILogger logger, int changes, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "The database refused to remove {Rows} superseded rows; they stay until the next start.")]
    public static partial void CompactionFailed(ILogger logger, int rows, Exception exception);

    [LoggerMessage(3, LogLevel.Error, "{Method} {Path} failed.")]
    public static partial void RequestFailed(ILogger logger, string method, string path, Exception exception);

    [LoggerMessage(4, LogLevel.Error, "The content of namespace {Namespace} could not be removed; trying again at its next change.")]
    public static partial void NamespaceCleanupFailed(ILogger logger, string @namespace, Exception exception);

    [LoggerMessage(5, LogLevel.Debug, "{Method} {Path} answered {Code}.")]
    public static partial void Answered(ILogger logger, string method, string path, int code);

    [LoggerMessage(7, LogLevel.Error, "Removing old Events failed; they stay from now on.")]
    public static partial void EventExpiryFailed(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "{Problem}")]
    public static partial void Allocation(ILogger logger, string problem);

    [LoggerMessage(6, LogLevel.Warning, "The node {Node} did not answer on its socket {Socket}.")]
    public static partial void NodeUnreachable(ILogger logger, string node, string socket, Exception exception);
}
