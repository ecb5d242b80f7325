using System.Net;
using Viaduct.Kube.Objects;
using Viaduct.Node.Containers;

namespace Viaduct.Node.Probes;

/// <summary>The container that a probe is made of.</summary>
internal sealed record ProbeTarget(Container Container, IPAddress Address, IRunningContainer Running);

/// <summary>Result of one probe; the message says why it failed.</summary>
internal readonly record struct ProbeResult(bool Succeeded, string? Message)
{
    public static ProbeResult Success { get; } = new(true, null);

    public static ProbeResult Failure(string message) => new(false, message);
}

/// <summary>Makes one probe; never throws but for cancellation.</summary>
internal interface IProber
{
    Task<ProbeResult> ProbeAsync(Probe probe, ProbeTarget target, TimeSpan timeout, CancellationToken cancellation);
}
