using Microsoft.Extensions.Logging;
using Viaduct.Kube.Api;
using Viaduct.Node.Containers;
using Viaduct.Node.Probes;
using Viaduct.Node.Sandboxes;

namespace Viaduct.Node.Pods;

/// <summary>What the workers of all pods share.</summary>
internal sealed record PodServices
{
    public required NodeOptions Options { get; init; }

    public required IKubeApi Api { get; init; }

    public required ISandboxes Sandboxes { get; init; }

    public required IContainerRuntime Runtime { get; init; }

    public required IProber Prober { get; init; }

    public required PodEvents Events { get; init; }

    public required ILogger Log { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
