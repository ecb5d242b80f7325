using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Viaduct.Kube.Manifests;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Proxies;

/// <summary>The rights that deploy/proxy.yaml gives the proxy, applied as an API server's RBAC applies them; and which of them were used.</summary>
internal sealed class ProxyRights
{
    private readonly ConcurrentDictionary<Right, bool> _used = [];

    private ProxyRights(HashSet<Right> granted) => Granted = granted;

    public IReadOnlySet<Right> Granted { get; }

    public IReadOnlySet<Right> Used => _used.Keys.ToHashSet();

    public static ProxyRights Load()
    {
        var role = YamlManifest.Load(Path.Combine(Actor.RepositoryRoot(), "deploy", "proxy.yaml")).Single(d => d.Kind == "ClusterRole");
        return new ProxyRights([.. role.Content["rules"]!.AsArray().SelectMany(rule => Expand(rule!.AsObject()))]);
    }

    public bool Allow(SeenRequest request)
    {
        var right = Right.Of(request);
        if (!Granted.Contains(right))
            return false;
        _used.TryAdd(right, true);
        return true;
    }

    private static IEnumerable<Right> Expand(JsonObject rule) =>
        from @group in Words(rule, "apiGroups")
        from resource in Words(rule, "resources")
        from verb in Words(rule, "verbs")
        select new Right(verb, @group, resource);

    private static IEnumerable<string> Words(JsonObject rule, string field) => rule[field]!.AsArray().Select(w => (string)w!);
}

/// <summary>A verb on a resource of an API group.</summary>
internal sealed record Right(string Verb, string Group, string Resource)
{
    /// <summary>What a request needs: paths are /api/v1/... or /apis/GROUP/VERSION/..., then perhaps namespaces/NAME, then the resource and perhaps a name.</summary>
    public static Right Of(SeenRequest request)
    {
        var words = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var (group, rest) = words[0] == "api" ? ("", words[2..]) : (words[1], words[3..]);
        if (rest is ["namespaces", _, _, ..])
            rest = rest[2..];
        return new Right(VerbOf(request, hasName: rest.Length > 1), group, rest[0]);
    }

    private static string VerbOf(SeenRequest request, bool hasName) => request.Method switch
    {
        "GET" when request.IsWatch => "watch",
        "GET" => hasName ? "get" : "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        _ => "delete",
    };
}
