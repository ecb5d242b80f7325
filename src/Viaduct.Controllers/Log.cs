using Microsoft.Extensions.Logging;

namespace Viaduct.Controllers;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "node {Node}: {Problem}")]
    public static partial void NodeBlock(ILogger log, string? node, string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "pod {Pod} goes to node {Node}")]
    public static partial void Bound(ILogger log, string pod, string node);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Kind} {Name} is deleted: its owner is gone")]
    public static partial void Collected(ILogger log, string kind, string name);

    [LoggerMessage(Level = LogLevel.Debug, Message = "controllers run; podCidr {PodCidr}")]
    public static partial void Running(ILogger log, string podCidr);
}
