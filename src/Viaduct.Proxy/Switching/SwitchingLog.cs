using Microsoft.Extensions.Logging;

namespace Viaduct.Proxy.Switching;

internal static partial class SwitchingLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Services are served in mode {Mode} now; the rules of mode {Former} go")]
    public static partial void Switched(ILogger log, string former, string mode);

    [LoggerMessage(Level = LogLevel.Information, Message = "The last connection of mode {Mode} has ended")]
    public static partial void Drained(ILogger log, string mode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What mode {Mode} wrote could not be removed now")]
    public static partial void NotRemoved(ILogger log, Exception exception, string mode);
}
