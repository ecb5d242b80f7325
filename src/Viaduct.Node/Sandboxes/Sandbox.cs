using System.Net;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Viaduct.Kube.Objects;
using Viaduct.Linux.Namespaces;

namespace Viaduct.Node.Sandboxes;

/// <summary>A pod's network: its namespace and addresses, at most one per IP family. Of a hostNetwork pod they are the node's own.</summary>
internal sealed record Sandbox(string Id, NetNamespace Namespace, IReadOnlyList<IPAddress> Addresses, SandboxRecord? Record)
{
    /// <summary>The address that stands for the pod.</summary>
    public IPAddress Address => Addresses[0];
}

/// <summary>What the state directory keeps of a sandbox, so that a later agent can undo it.</summary>
internal sealed record SandboxRecord
{
    public required string Id { get; init; }

    public required string PodNamespace { get; init; }

    public required string PodName { get; init; }

    public required string PodUid { get; init; }

    public required string NetNamespacePath { get; init; }

    /// <summary>The result of the CNI ADD; null while that has not come back.</summary>
    public JsonObject? Result { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SandboxRecord))]
internal sealed partial class SandboxJson : JsonSerializerContext;

/// <summary>Makes and removes the networks of pods.</summary>
internal interface ISandboxes
{
    /// <summary>Makes the network of a pod, or nothing at all: what a failure leaves half-made is undone.</summary>
    Task<Sandbox> CreateAsync(Pod pod, CancellationToken cancellation);

    /// <summary>Removes it; may be repeated after a failure.</summary>
    Task RemoveAsync(Sandbox sandbox, CancellationToken cancellation);
}
