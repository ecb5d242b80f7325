namespace Viaduct.Tests.Proxy.Cases;

/// <summary>What the verdicts of Services are and whose address is kept: the documented behaviour of kube-proxy, case by case.</summary>
internal static class ServiceCases
{
    private static readonly CaseClient[] s_clients = [CaseClient.LocalPod, CaseClient.HostProcess, CaseClient.RemotePod, CaseClient.Outside];
    private static readonly CaseTarget[] s_externals = [CaseTarget.ExternalIP, CaseTarget.LoadBalancerIP, CaseTarget.NodePort];

    public static IReadOnlyList<ServiceCase> All { get; } =
    [
        .. new[] { ClusterIP(), External(), ExternalLocal(), InternalLocal(), Hairpin(), NoEndpoints(), Unknown(), SourceRanges(), NodePortAddresses(), MasqueradeTable(), OtherFamily() }
            .SelectMany(cases => cases).Distinct(),
    ];

    private static IEnumerable<ServiceCase> ClusterIP()
    {
        foreach (var detector in new[] { CaseDetector.ClusterCidr, CaseDetector.NodeCidr, CaseDetector.Bridge, CaseDetector.Prefix })
        {
            yield return New(CaseClient.LocalPod, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: false) with { Detector = detector };
            yield return New(CaseClient.HostProcess, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: true) with { Detector = detector };
            yield return New(CaseClient.Outside, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: true) with { Detector = detector };

            // By the whole cluster's addresses a pod of another node looks like one of ours.
            yield return New(CaseClient.RemotePod, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: detector != CaseDetector.ClusterCidr) with { Detector = detector };
        }

        foreach (var client in s_clients)
        {
            yield return New(client, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: false) with { Detector = CaseDetector.None };
            yield return New(client, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: true) with { MasqueradeAll = true };
            yield return New(client, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: true) with { MasqueradeAll = true, Detector = CaseDetector.None };
        }
    }

    private static IEnumerable<ServiceCase> External()
    {
        foreach (var target in s_externals)
        {
            foreach (var client in s_clients)
            {
                yield return New(client, target, CaseResult.Both, masqueraded: true);
                yield return New(client, target, CaseResult.Both, masqueraded: true) with { Detector = CaseDetector.None };
            }
        }
    }

    private static IEnumerable<ServiceCase> ExternalLocal()
    {
        foreach (var target in s_externals)
        {
            // Pods and processes of this node come to every endpoint, for the policy is about clients from elsewhere.
            yield return Local(CaseClient.LocalPod, target, CaseResult.Both, masqueraded: false);
            yield return Local(CaseClient.HostProcess, target, CaseResult.Both, masqueraded: true);
            yield return Local(CaseClient.Outside, target, CaseResult.Local, masqueraded: false);
            yield return Local(CaseClient.RemotePod, target, CaseResult.Local, masqueraded: false);
            yield return Local(CaseClient.RemotePod, target, CaseResult.Both, masqueraded: false) with { Detector = CaseDetector.ClusterCidr };
            yield return Local(CaseClient.LocalPod, target, CaseResult.Both, masqueraded: false) with { MasqueradeAll = true };

            yield return Local(CaseClient.LocalPod, target, CaseResult.Remote, masqueraded: false) with { Endpoints = CaseEndpoints.Remote };
            yield return Local(CaseClient.HostProcess, target, CaseResult.Remote, masqueraded: true) with { Endpoints = CaseEndpoints.Remote };
            yield return Local(CaseClient.Outside, target, CaseResult.Dropped) with { Endpoints = CaseEndpoints.Remote };

            // Without a detector nobody is known to be a pod of this node.
            yield return Local(CaseClient.LocalPod, target, CaseResult.Local, masqueraded: false) with { Detector = CaseDetector.None };
            yield return Local(CaseClient.LocalPod, target, CaseResult.Dropped) with { Detector = CaseDetector.None, Endpoints = CaseEndpoints.Remote };
            yield return Local(CaseClient.HostProcess, target, CaseResult.Both, masqueraded: true) with { Detector = CaseDetector.None };
        }

        yield return Local(CaseClient.LocalPod, CaseTarget.ClusterIP, CaseResult.Remote, masqueraded: false) with { Endpoints = CaseEndpoints.Remote };
        yield return Local(CaseClient.Outside, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: true);

        static ServiceCase Local(CaseClient client, CaseTarget target, CaseResult result, bool? masqueraded = null) =>
            New(client, target, result, masqueraded) with { ExternalLocal = true };
    }

    private static IEnumerable<ServiceCase> InternalLocal()
    {
        yield return New(CaseClient.LocalPod, CaseTarget.ClusterIP, CaseResult.Local, masqueraded: false) with { InternalLocal = true };
        yield return New(CaseClient.HostProcess, CaseTarget.ClusterIP, CaseResult.Local, masqueraded: true) with { InternalLocal = true };
        yield return New(CaseClient.Outside, CaseTarget.ClusterIP, CaseResult.Local, masqueraded: true) with { InternalLocal = true };
        foreach (var client in s_clients)
            yield return New(client, CaseTarget.ClusterIP, CaseResult.Dropped) with { InternalLocal = true, Endpoints = CaseEndpoints.Remote };
        foreach (var target in s_externals)
        {
            yield return New(CaseClient.Outside, target, CaseResult.Both, masqueraded: true) with { InternalLocal = true };
            yield return New(CaseClient.LocalPod, target, CaseResult.Remote, masqueraded: true) with { InternalLocal = true, Endpoints = CaseEndpoints.Remote };
            yield return New(CaseClient.Outside, target, CaseResult.Local, masqueraded: false) with { InternalLocal = true, ExternalLocal = true };
            yield return New(CaseClient.LocalPod, target, CaseResult.Both, masqueraded: false) with { InternalLocal = true, ExternalLocal = true };
        }
    }

    private static IEnumerable<ServiceCase> Hairpin()
    {
        foreach (var target in (CaseTarget[])[CaseTarget.ClusterIP, .. s_externals])
        {
            yield return New(CaseClient.LocalEndpoint, target, CaseResult.Local, masqueraded: true) with { Endpoints = CaseEndpoints.Local };
            yield return New(CaseClient.LocalEndpoint, target, CaseResult.Local, masqueraded: true) with { Endpoints = CaseEndpoints.Local, Detector = CaseDetector.None };
            yield return New(CaseClient.LocalEndpoint, target, CaseResult.Local, masqueraded: true) with { Endpoints = CaseEndpoints.Local, ExternalLocal = true };
        }
    }

    private static IEnumerable<ServiceCase> NoEndpoints()
    {
        foreach (var target in (CaseTarget[])[CaseTarget.ClusterIP, .. s_externals])
        {
            foreach (var client in s_clients)
            {
                yield return New(client, target, CaseResult.Refused) with { Endpoints = CaseEndpoints.None };
                yield return New(client, target, CaseResult.Refused) with { Endpoints = CaseEndpoints.None, ExternalLocal = true, InternalLocal = true };
            }
        }
    }

    private static IEnumerable<ServiceCase> Unknown()
    {
        foreach (var client in s_clients)
        {
            yield return New(client, CaseTarget.OtherPortOfClusterIP, CaseResult.Refused);
            yield return New(client, CaseTarget.UnusedServiceAddress, CaseResult.Dropped);
        }
    }

    private static IEnumerable<ServiceCase> SourceRanges()
    {
        yield return New(CaseClient.Outside, CaseTarget.LoadBalancerIP, CaseResult.Both, masqueraded: true) with { Range = CaseRange.OutsideOnly };
        yield return New(CaseClient.Outside, CaseTarget.LoadBalancerIP, CaseResult.Local, masqueraded: false) with { Range = CaseRange.OutsideOnly, ExternalLocal = true };
        yield return New(CaseClient.Outside, CaseTarget.LoadBalancerIP, CaseResult.Refused) with { Range = CaseRange.OutsideOnly, Endpoints = CaseEndpoints.None };
        yield return New(CaseClient.LocalPod, CaseTarget.LoadBalancerIP, CaseResult.Dropped) with { Range = CaseRange.OutsideOnly };
        yield return New(CaseClient.RemotePod, CaseTarget.LoadBalancerIP, CaseResult.Dropped) with { Range = CaseRange.OutsideOnly };
        foreach (var client in s_clients)
        {
            yield return New(client, CaseTarget.LoadBalancerIP, CaseResult.Dropped) with { Range = CaseRange.Nobody };
            yield return New(client, CaseTarget.LoadBalancerIP, CaseResult.Dropped) with { Range = CaseRange.Nobody, Endpoints = CaseEndpoints.None };
            yield return New(client, CaseTarget.LoadBalancerIP, CaseResult.Dropped) with { Range = CaseRange.Nobody, ExternalLocal = true };
        }

        // Only the load balancer's address is filtered.
        foreach (var target in new[] { CaseTarget.ClusterIP, CaseTarget.ExternalIP, CaseTarget.NodePort })
            yield return New(CaseClient.Outside, target, CaseResult.Both, masqueraded: true) with { Range = CaseRange.Nobody };
    }

    private static IEnumerable<ServiceCase> NodePortAddresses()
    {
        foreach (var client in s_clients)
        {
            yield return New(client, CaseTarget.NodePortOnSecondAddress, CaseResult.Both, masqueraded: true);
            yield return New(client, CaseTarget.NodePort, CaseResult.Both, masqueraded: true) with { NodePorts = CaseNodePorts.FirstAddress };
            yield return New(client, CaseTarget.NodePortOnSecondAddress, CaseResult.Untouched) with { NodePorts = CaseNodePorts.FirstAddress };
            yield return New(client, CaseTarget.NodePortOnSecondAddress, CaseResult.Untouched) with { NodePorts = CaseNodePorts.FirstAddress, Endpoints = CaseEndpoints.None };
            yield return New(client, CaseTarget.NodePort, CaseResult.Refused) with { NodePorts = CaseNodePorts.FirstAddress, Endpoints = CaseEndpoints.None };
        }

        yield return New(CaseClient.HostProcess, CaseTarget.NodePortOnLoopback, CaseResult.Untouched);
        yield return New(CaseClient.HostProcess, CaseTarget.NodePortOnLoopback, CaseResult.Both, masqueraded: true) with { NodePorts = CaseNodePorts.Loopback };
        yield return New(CaseClient.HostProcess, CaseTarget.NodePortOnLoopback, CaseResult.Both, masqueraded: true) with { NodePorts = CaseNodePorts.Loopback, ExternalLocal = true };
    }

    // Who is masqueraded in the four configurations: with and without a detector, each with and without masqueradeAll.
    private static IEnumerable<ServiceCase> MasqueradeTable()
    {
        foreach (var isDetected in new[] { true, false })
        {
            foreach (var all in new[] { false, true })
            {
                foreach (var row in MasqueradeRows(isDetected, all))
                    yield return row with { Detector = isDetected ? CaseDetector.Bridge : CaseDetector.None, MasqueradeAll = all };
            }
        }
    }

    private static IEnumerable<ServiceCase> MasqueradeRows(bool isDetected, bool all)
    {
        yield return New(CaseClient.LocalPod, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: all);
        yield return New(CaseClient.LocalPod, CaseTarget.ClusterIP, CaseResult.Local, masqueraded: all) with { InternalLocal = true };
        foreach (var client in new[] { CaseClient.HostProcess, CaseClient.Outside })
        {
            yield return New(client, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: all || isDetected);
            yield return New(client, CaseTarget.ClusterIP, CaseResult.Local, masqueraded: all || isDetected) with { InternalLocal = true };
        }

        yield return New(CaseClient.LocalEndpoint, CaseTarget.ClusterIP, CaseResult.Local, masqueraded: true) with { Endpoints = CaseEndpoints.Local };
        foreach (var target in s_externals)
        {
            foreach (var client in s_clients)
            {
                yield return New(client, target, CaseResult.Both, masqueraded: true);
                yield return New(client, target, CaseResult.Both, masqueraded: true) with { InternalLocal = true };
            }

            yield return New(CaseClient.Outside, target, CaseResult.Local, masqueraded: false) with { ExternalLocal = true };
            yield return New(CaseClient.LocalPod, target, isDetected ? CaseResult.Both : CaseResult.Local, masqueraded: false) with { ExternalLocal = true };
            yield return New(CaseClient.HostProcess, target, CaseResult.Both, masqueraded: true) with { ExternalLocal = true };
            yield return New(CaseClient.LocalEndpoint, target, CaseResult.Local, masqueraded: true) with { Endpoints = CaseEndpoints.Local };
        }
    }

    // A detector that has no network of the family is none.
    private static IEnumerable<ServiceCase> OtherFamily()
    {
        yield return New(CaseClient.HostProcess, CaseTarget.ClusterIP, CaseResult.Both, masqueraded: false) with { Detector = CaseDetector.OtherFamily };
        yield return New(CaseClient.LocalPod, CaseTarget.NodePort, CaseResult.Local, masqueraded: false) with { Detector = CaseDetector.OtherFamily, ExternalLocal = true };
    }

    private static ServiceCase New(CaseClient client, CaseTarget target, CaseResult result, bool? masqueraded = null) =>
        new() { Client = client, Target = target, Result = result, Masqueraded = masqueraded };
}
