using System.Text.Json;
using System.Text.Json.Nodes;
using Viaduct.Kube.Objects;
using Viaduct.Kube.Server.Store;

namespace Viaduct.Kube.Server.Registry;

/// <summary>An object of the database that holds what it cannot have: an address of another one's, or outside of the range.</summary>
internal sealed record AllocationProblem(ResourceType Resource, JsonElement Object, string Reason, string Message)
{
    public override string ToString() => $"{Resource.Kind} {Object.TextAt("metadata", "namespace")}/{Object.TextAt("metadata", "name")}: {Message}";
}

/// <summary>
/// Counts at the start what the objects hold, the oldest first, so that of two with one address the older one owns it. The count is right by
/// that; what is wrong with an object is told, as only its owner can mend it (kube-apiserver: service ipallocator and portallocator, repair).
/// </summary>
internal static class AllocationRepair
{
    public static List<AllocationProblem> Run(ResourceCatalog catalog, StoreTransaction transaction)
    {
        var problems = new List<AllocationProblem>();
        foreach (var strategy in catalog.All)
        {
            foreach (var item in transaction.State.List(strategy.Resource.Qualified()).OrderBy(i => i.Root.TextAt("metadata", "creationTimestamp"), StringComparer.Ordinal))
                problems.AddRange(strategy.Restore(item.Root).Select(p => new AllocationProblem(strategy.Resource, item.Root, p.Reason, p.Message)));
        }
        return problems;
    }

    /// <summary>Writes a warning event about the object, where its owner will look.</summary>
    public static void Tell(AllocationProblem problem, ResourceStrategy events, StoreTransaction transaction)
    {
        var (name, ns) = (problem.Object.TextAt("metadata", "name"), problem.Object.TextAt("metadata", "namespace") ?? "default");
        var now = KubeTime.Format(DateTimeOffset.UtcNow);
        ObjectWriter.Create(events, ns, new JsonObject
        {
            ["kind"] = "Event",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject { ["generateName"] = $"{name}." },
            ["involvedObject"] = new JsonObject
            {
                ["kind"] = problem.Resource.Kind,
                ["apiVersion"] = problem.Resource.ApiVersion,
                ["name"] = name,
                ["namespace"] = ns,
                ["uid"] = problem.Object.TextAt("metadata", "uid"),
            },
            ["type"] = "Warning",
            ["reason"] = problem.Reason,
            ["message"] = problem.Message,
            ["source"] = new JsonObject { ["component"] = "viaduct-apiserver" },
            ["firstTimestamp"] = now,
            ["lastTimestamp"] = now,
            ["count"] = 1,
        }, transaction);
    }
}
