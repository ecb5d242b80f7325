using Viaduct.Proxy.Backends;

namespace Viaduct.Cluster.Benchmarks;

/// <summary>How large the benchmark of the proxy is.</summary>
public sealed record ProxyBenchOptions
{
    public required int Services { get; init; }

    /// <summary>Endpoints of each Service.</summary>
    public required int Endpoints { get; init; }

    /// <summary>Single changes that are timed, one after the other.</summary>
    public required int Changes { get; init; }

    /// <summary>How Services are served; not userspace, which changes nothing in the kernel.</summary>
    public ProxyMode Mode { get; init; }

    /// <summary>Changes per second in the sustained part.</summary>
    public int Rate { get; init; } = 500;

    public TimeSpan SustainedFor { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan IdleFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long each wait may take; the whole is bounded by it.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The API to use; null starts the embedded one.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The program whose verb <c>proxy</c> is measured.</summary>
    public required string Program { get; init; }
}
