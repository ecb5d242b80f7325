using Microsoft.Extensions.Logging;

namespace Viaduct.Node;

/// <summary>Every log message of the node agent.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "node {Node}: Pod CIDR {PodCidr}, bridge {Bridge}, {Address}")]
    public static partial void NodeReady(ILogger log, string node, string podCidr, string bridge, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "node {Node} waits for its spec.podCIDR")]
    public static partial void WaitsForPodCidr(ILogger log, string node);

    [LoggerMessage(Level = LogLevel.Information, Message = "node {Node}: new pods get addresses of {PodCidrs} and an MTU of {Mtu}")]
    public static partial void OwnPods(ILogger log, string node, string podCidrs, int mtu);

    [LoggerMessage(Level = LogLevel.Warning, Message = "node {Node}: the API server cannot be reached or refuses, trying again: {Reason}")]
    public static partial void ApiUnreachable(ILogger log, string node, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "status of node {Node} not written: {Reason}")]
    public static partial void NodeStatusNotWritten(ILogger log, string node, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "status of pod {Ns}/{Pod} not written, trying again: {Reason}")]
    public static partial void StatusNotWritten(ILogger log, string ns, string pod, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "event about pod {Ns}/{Pod} not written: {Reason}")]
    public static partial void EventNotWritten(ILogger log, string? ns, string? pod, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pod {Ns}/{Pod}: {Reason}: {Message}")]
    public static partial void PodEvent(ILogger log, string? ns, string? pod, string reason, string message);

    [LoggerMessage(Level = LogLevel.Information, Message = "pod {Ns}/{Pod} has address {Address}")]
    public static partial void SandboxReady(ILogger log, string ns, string pod, string address);

    [LoggerMessage(Level = LogLevel.Information, Message = "pod {Ns}/{Pod} has ended and is gone")]
    public static partial void PodGone(ILogger log, string ns, string pod);

    [LoggerMessage(Level = LogLevel.Warning, Message = "pod {Ns}/{Pod} could not be deleted from the API, trying again: {Reason}")]
    public static partial void PodNotDeleted(ILogger log, string ns, string pod, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "worker of pod {Ns}/{Pod} failed")]
    public static partial void PodWorkerFailed(ILogger log, Exception exception, string ns, string pod);

    [LoggerMessage(Level = LogLevel.Information, Message = "removed {Count} sandboxes of an earlier run")]
    public static partial void LeftoversRemoved(ILogger log, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "sandbox {Sandbox} of an earlier run could not be removed")]
    public static partial void LeftoverNotRemoved(ILogger log, Exception exception, string sandbox);

    [LoggerMessage(Level = LogLevel.Debug, Message = "CNI {Command} for {Sandbox}: {Milliseconds} ms")]
    public static partial void CniCalled(ILogger log, string command, string sandbox, long milliseconds);

    [LoggerMessage(Level = LogLevel.Debug, Message = "viaduct-cni: {Text}")]
    public static partial void CniSaid(ILogger log, string text);

    [LoggerMessage(Level = LogLevel.Information, Message = "routes to pods: {Replaced} set, {Deleted} removed")]
    public static partial void RoutesChanged(ILogger log, int replaced, int deleted);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the masquerade rules were changed by {Process} and are written again")]
    public static partial void MasqueradeRestored(ILogger log, string? process);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    public static partial void RoutesProblem(ILogger log, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "routes to pods could not be set, trying again")]
    public static partial void RoutesFailed(ILogger log, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "somebody else keeps changing the routes to pods (ip route show proto {Protocol}), so they are set right more slowly; is a second agent at work on this machine?")]
    public static partial void RoutesFought(ILogger log, byte protocol);

    [LoggerMessage(Level = LogLevel.Warning, Message = "sysctl {Name} could not be set: {Reason}")]
    public static partial void SysctlFailed(ILogger log, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "request {Path} failed")]
    public static partial void RequestFailed(ILogger log, Exception exception, string path);
}
