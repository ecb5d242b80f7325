using Microsoft.Extensions.Logging;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy;

internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Family}: {Frontends} frontends changed: {Elements} elements in {Transactions} transactions")]
    public static partial void Applied(ILogger log, IPFamily family, int frontends, int elements, int transactions);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void Problem(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Family}: Services could not be changed in the kernel and will be tried again")]
    public static partial void ApplyFailed(ILogger log, Exception exception, IPFamily family);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Family}: somebody else changed the rules of Services; they are compared and repaired")]
    public static partial void ForeignEdit(ILogger log, IPFamily family);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Family}: changes of the rules by others cannot be noticed now")]
    public static partial void EditsUnseen(ILogger log, Exception exception, IPFamily family);

    [LoggerMessage(Level = LogLevel.Warning, Message = "UDP flows to endpoints that left could not be ended")]
    public static partial void StaleFlowsFailed(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "A connection through the userspace proxy was given up")]
    public static partial void RelayFailed(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ports towards an endpoint cannot be used again within a minute: more than 28,000 connections a minute to one endpoint will fail")]
    public static partial void PortsNotReused(ILogger log, Exception exception);
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Family}: the kernel refused a change; everything is compared anew")]
    public static partial void ChangeRefused(ILogger log, Exception exception, IPFamily family);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Family}: endpoints that left could not be deleted; the next change tries again")]
    public static partial void LeavingFailed(ILogger log, Exception exception, IPFamily family);
}
