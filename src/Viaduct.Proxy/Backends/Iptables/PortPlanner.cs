using System.Collections.Immutable;
using System.Globalization;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Iptables;

/// <summary>Decides the rules of one Service port: its chains in table nat, and its lines in the chains that all Services share.</summary>
internal sealed class PortPlanner(BackendOptions options)
{
    private readonly RuleSyntax syntax = new(options);

    /// <summary>Plans a port with the frontends that it really has: another Service may have taken some.</summary>
    public PortPlan Plan(ServicePortState port, IReadOnlyCollection<(Frontend Frontend, FrontendRole Role)> frontends)
    {
        if (frontends.Count == 0)
            return PortPlan.Nothing;
        var names = ChainNames.Of(port);
        var hasClusterIP = frontends.Any(f => f.Role == FrontendRole.ClusterIP);
        var hasExternal = port.HasEndpointsAnywhere && frontends.Any(f => f.Role != FrontendRole.ClusterIP);
        var hasFirewall = hasExternal && !port.SourceRanges.IsEmpty && frontends.Any(f => f.Role == FrontendRole.LoadBalancerIP);
        var hasCluster = !port.Endpoints.IsEmpty && ((hasClusterIP && !port.InternalLocal) || hasExternal);
        var hasLocal = !port.LocalEndpoints.IsEmpty && ((hasClusterIP && port.InternalLocal) || (hasExternal && port.ExternalLocal));

        var chains = ImmutableArray.CreateBuilder<ChainSpec>();
        if (hasCluster)
            chains.Add(new(names.Cluster, Balance(port, port.Endpoints, hasClusterIP && !port.InternalLocal)));
        if (hasLocal)
            chains.Add(new(names.Local, Balance(port, port.LocalEndpoints, hasClusterIP && port.InternalLocal)));
        if (hasExternal)
            chains.Add(new(names.External, External(port, names, hasCluster, hasLocal)));
        if (hasFirewall)
            chains.Add(new(names.Firewall, [.. port.SourceRanges.Select(r => new RuleSpec { Source = RuleSyntax.From(r), Target = names.External.Name })]));
        chains.AddRange(Endpoints(port, hasCluster, hasLocal));
        return new PortPlan(chains.ToImmutable(), [.. frontends.SelectMany(f => Lines(port, names, f.Frontend, f.Role))]);
    }

    // Clients come to KUBE-SVC- and KUBE-SVL- from several sides; to tell who wanted the cluster IP its address is looked at again.
    private ImmutableArray<RuleSpec> Balance(ServicePortState port, ImmutableArray<ProxyEndpoint> endpoints, bool isForClusterIP)
    {
        var rules = ImmutableArray.CreateBuilder<RuleSpec>(endpoints.Length + 1);
        if (isForClusterIP && (options.MasqueradeAll || syntax.NotFromPod is not null))
        {
            var toClusterIP = To(Frontend.On(port.ClusterIP, port.Protocol, port.Port)) with { Target = ChainNames.MarkMasquerade };
            rules.Add(options.MasqueradeAll ? toClusterIP : syntax.WithNotFromPod(toClusterIP));
        }

        if (port.AffinitySeconds > 0)
            rules.AddRange(endpoints.Select(e => ChainNames.OfEndpoint(port, e.Target)).Select(chain => new RuleSpec { Match = syntax.Remembered(chain, port.AffinitySeconds), Target = chain }));
        for (var i = 0; i < endpoints.Length; i++)
            rules.Add(Endpoint(port, endpoints[i]) with { Match = RuleSyntax.OneOf(endpoints.Length - i) });
        return rules.ToImmutable();
    }

    // One rule needs no chain of its own: see ADR 0008.
    private static bool HasChain(ServicePortState port, ProxyEndpoint endpoint) => port.AffinitySeconds > 0 || !endpoint.IsRemote;

    private static RuleSpec Endpoint(ServicePortState port, ProxyEndpoint endpoint) =>
        HasChain(port, endpoint) ? new() { Target = ChainNames.OfEndpoint(port, endpoint.Target) } : Translate(port, endpoint);

    private static RuleSpec Translate(ServicePortState port, ProxyEndpoint endpoint) =>
        new() { Protocol = port.Protocol, Target = string.Create(CultureInfo.InvariantCulture, $"DNAT --to-destination {endpoint.Target}") };

    private IEnumerable<ChainSpec> Endpoints(ServicePortState port, bool hasCluster, bool hasLocal)
    {
        var endpoints = (hasCluster ? port.Endpoints : []).Concat(hasLocal ? port.LocalEndpoints : []);
        foreach (var endpoint in endpoints.Where(e => HasChain(port, e)).DistinctBy(e => e.Target))
        {
            var name = ChainNames.OfEndpoint(port, endpoint.Target);
            var translate = Translate(port, endpoint);
            if (port.AffinitySeconds > 0)
                translate = translate with { Match = syntax.Remember(name) };
            var hairpin = new RuleSpec { Source = RuleSyntax.From(endpoint.Target.Address), Target = ChainNames.MarkMasquerade };
            yield return new(new(IptablesTable.Nat, name), endpoint.IsRemote ? [translate] : [hairpin, translate]);
        }
    }

    // externalTrafficPolicy Local is for clients from elsewhere: this node's pods and processes reach every endpoint.
    private ImmutableArray<RuleSpec> External(ServicePortState port, PortChains names, bool hasCluster, bool hasLocal)
    {
        var rules = ImmutableArray.CreateBuilder<RuleSpec>();
        if (!port.ExternalLocal)
        {
            rules.Add(new() { Target = ChainNames.MarkMasquerade });
        }
        else if (hasCluster)
        {
            if (syntax.FromPod is not null)
                rules.Add(syntax.WithFromPod(new() { Comment = $"pods of this node, {port.Name}", Target = names.Cluster.Name }));
            rules.Add(new() { Match = RuleSyntax.FromNode, Target = ChainNames.MarkMasquerade });
            rules.Add(new() { Match = RuleSyntax.FromNode, Target = names.Cluster.Name });
        }

        if (port.ExternalLocal ? hasLocal : hasCluster)
            rules.Add(new() { Target = (port.ExternalLocal ? names.Local : names.Cluster).Name });
        return rules.ToImmutable();
    }

    private IEnumerable<ChainLine> Lines(ServicePortState port, PortChains names, Frontend frontend, FrontendRole role)
    {
        var isClusterIP = role == FrontendRole.ClusterIP;
        var endpoints = (isClusterIP ? port.InternalLocal : port.ExternalLocal) ? port.LocalEndpoints : port.Endpoints;
        var isFirewalled = role == FrontendRole.LoadBalancerIP && port.HasEndpointsAnywhere && !port.SourceRanges.IsEmpty;
        var to = To(frontend);
        if (isClusterIP ? !endpoints.IsEmpty : port.HasEndpointsAnywhere)
        {
            var chain = isClusterIP ? (port.InternalLocal ? names.Local : names.Cluster) : isFirewalled ? names.Firewall : names.External;
            yield return Line(frontend.IsNodePort ? ChainNames.NodePorts : ChainNames.Services, to with { Comment = $"{port.Name} {Name(role)}", Target = chain.Name });
        }

        // What the ranges let through is translated by now, and is not addressed to the load balancer any more.
        if (isFirewalled)
            yield return Line(ChainNames.LoadBalancerFirewall, to with { Comment = $"{port.Name} is not open to this client", Target = "DROP" });
        if (!endpoints.IsEmpty)
            yield break;
        var unserved = to with
        {
            Comment = port.HasEndpointsAnywhere ? $"{port.Name} has no local endpoints" : $"{port.Name} has no endpoints",
            Target = port.HasEndpointsAnywhere ? "DROP" : syntax.Reject(port.Protocol),
        };
        foreach (var rule in frontend.IsNodePort ? syntax.NodePortAddresses.Select(a => unserved with { Destination = a, Match = RuleSyntax.ToNode }) : [unserved])
            yield return Line(isClusterIP ? ChainNames.UnservedServices : ChainNames.ExternalServices, rule);
    }

    private static RuleSpec To(Frontend frontend) => new()
    {
        Destination = frontend.IsNodePort ? null : RuleSyntax.To(frontend.Address),
        Protocol = frontend.Protocol,
        DestinationPort = frontend.Port,
    };

    private static ChainLine Line(ChainId chain, RuleSpec rule) => new(chain, rule.ToString());

    private static string Name(FrontendRole role) => role switch
    {
        FrontendRole.ClusterIP => "cluster IP",
        FrontendRole.ExternalIP => "external IP",
        FrontendRole.LoadBalancerIP => "loadbalancer IP",
        _ => "node port",
    };
}
