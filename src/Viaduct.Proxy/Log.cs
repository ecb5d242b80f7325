using Microsoft.Extensions.Logging;

namespace Viaduct.Proxy;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Frontends} frontends changed: {Elements} elements in {Transactions} transactions, {DeletedFlows} UDP flows ended")]
    public static partial void Applied(ILogger log, int frontends, int elements, int transactions, int deletedFlows);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void Problem(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Services could not be changed in the kernel and will be tried again")]
    public static partial void ApplyFailed(ILogger log, Exception exception);
}
