using Microsoft.Extensions.Logging;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Supervision;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Process {Name} ended ({Status}); starting it again in {Seconds} s")]
    public static partial void ProcessEnded(ILogger log, string name, ExitStatus status, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Cluster {Name} ends: {Reason}")]
    public static partial void Ending(ILogger log, string name, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The supervisor of {Name} failed")]
    public static partial void Failed(ILogger log, string name, Exception cause);
}
