using System.Text.Json.Serialization;

namespace Viaduct.Node.Server;

/// <summary>JSON of the agent's own endpoints.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = false)]
[JsonSerializable(typeof(ConnectivityProbe[]))]
[JsonSerializable(typeof(ConnectivityResult[]))]
[JsonSerializable(typeof(NodeStateReport))]
public sealed partial class NodeJson : JsonSerializerContext;

/// <summary>A connection to try, from inside a namespace of this node.</summary>
public sealed record ConnectivityProbe
{
    /// <summary><c>node</c>, or the key of a pod of this node: <c>NAMESPACE/NAME</c>.</summary>
    public required string From { get; init; }

    /// <summary>TCP or UDP.</summary>
    public string Protocol { get; init; } = "TCP";

    public required string Address { get; init; }

    public required int Port { get; init; }

    public int TimeoutMilliseconds { get; init; } = 2000;
}

/// <summary>What came of it, in the order of the request.</summary>
public sealed record ConnectivityResult
{
    /// <summary>The connection was made and answered.</summary>
    public required bool Ok { get; init; }

    /// <summary>The other side refused at once.</summary>
    public bool Refused { get; init; }

    /// <summary>Why not: refused, timeout, unreachable, no such pod ...</summary>
    public string? Error { get; init; }

    /// <summary>First line of the answer; of a stand-in <c>pod: NAME</c>.</summary>
    public string? Reply { get; init; }

    public double Milliseconds { get; init; }
}

/// <summary>Answer of <c>/viaduct/state</c>.</summary>
public sealed record NodeStateReport
{
    public required string Node { get; init; }

    public required string Address { get; init; }

    public required IReadOnlyList<PodStateReport> Pods { get; init; }
}

public sealed record PodStateReport
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public string? Uid { get; init; }

    public required string Phase { get; init; }

    public string? Address { get; init; }

    public string? SandboxId { get; init; }

    public string? NetNamespacePath { get; init; }

    public bool HostNetwork { get; init; }

    public bool Terminating { get; init; }

    public required IReadOnlyList<ContainerStateReport> Containers { get; init; }
}

public sealed record ContainerStateReport
{
    public required string Name { get; init; }

    /// <summary>process, stand-in, or absent while it does not run.</summary>
    public string? Kind { get; init; }

    /// <summary>Process 1 of the container, in the cluster's pid namespace.</summary>
    public int? ProcessId { get; init; }

    public required bool Ready { get; init; }

    public required int Restarts { get; init; }
}
