using Microsoft.Extensions.Logging;

namespace Viaduct.Proxy.Switching;

internal static partial class SwitchingLog
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Services are served in mode {Mode} now; the rules of mode {Former} go")]
    public static partial void Switched(ILogger log, string former, string mode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What mode {Mode} wrote before it failed could not be removed and is tried again")]
    public static partial void NotRemoved(ILogger log, Exception exception, string mode);
}
