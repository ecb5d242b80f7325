using Viaduct.Kube.Objects;
using KubeNode = Viaduct.Kube.Objects.Node;

namespace Viaduct.Tests.Controllers;

/// <summary>The controllers together, over an API in memory.</summary>
public class ControllerManagerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_node_gets_a_block_of_its_own()
    {
        await using var cluster = await ClusterHarness.StartAsync(nodes: 3);
        await cluster.Api.UntilAsync(() => cluster.Api.All<KubeNode>().All(n => n.Spec?.PodCIDR is not null));
        var blocks = cluster.Api.All<KubeNode>().Select(n => n.Spec!.PodCIDR!).ToList();
        Assert.Equal(["172.20.0.0/24", "172.20.1.0/24", "172.20.2.0/24"], blocks.Order());
        Assert.All(cluster.Api.All<KubeNode>(), n => Assert.Equal([n.Spec!.PodCIDR!], n.Spec.PodCIDRs!));
    }

    [Fact]
    public async Task After_a_restart_a_new_node_does_not_get_a_block_that_is_in_use()
    {
        await using var cluster = new ClusterHarness();
        await cluster.AddNodeAsync("old", podCidr: "172.20.0.0/24");
        cluster.StartControllers();
        await cluster.AddNodeAsync("new");
        await cluster.Api.UntilAsync(() => cluster.Api.All<KubeNode>().Single(n => n.Metadata.Name == "new").Spec?.PodCIDR == "172.20.1.0/24");
    }

    [Fact]
    public async Task A_node_without_a_block_hears_why_and_gets_the_next_that_is_freed()
    {
        await using var cluster = await ClusterHarness.StartAsync(nodes: 1, podCidr: "172.20.0.0/24", nodeMask: 24);
        await cluster.Api.UntilAsync(() => cluster.Api.All<KubeNode>()[0].Spec?.PodCIDR is not null);
        await cluster.AddNodeAsync("late");
        await cluster.Api.UntilAsync(() => cluster.EventsAbout("late").Any());
        Assert.Equal(
            ["CIDRNotAvailable: podCidr 172.20.0.0/24 has 1 block of /24 and all are in use: the node gets no pod addresses."], cluster.EventsAbout("late"));
        await cluster.Api.DeleteAsync<KubeNode>(null, "node-1", Viaduct.Kube.Api.DeleteQuery.Default, Ct);
        await cluster.Api.UntilAsync(() => cluster.Api.All<KubeNode>().Single().Spec?.PodCIDR == "172.20.0.0/24");
    }

    [Fact]
    public async Task A_deployment_becomes_pods_spread_over_the_nodes()
    {
        await using var cluster = await ClusterHarness.StartAsync(nodes: 2);
        await cluster.DeployAsync("web", 6);
        await cluster.RunningAsync("web", 6);
        await cluster.Api.UntilAsync(() => cluster.Api.All<Deployment>()[0].Status?.AvailableReplicas == 6);
        Assert.Equal([3, 3], cluster.Pods.CountBy(p => p.Spec!.NodeName!).Select(n => n.Value));
        var set = Assert.Single(cluster.Api.All<ReplicaSet>());
        Assert.StartsWith("web-", set.Metadata.Name);
        var hash = set.Metadata.Labels!["pod-template-hash"];
        Assert.All(cluster.Pods, p => Assert.Equal(hash, p.Metadata.Labels!["pod-template-hash"]));
        Assert.All(cluster.Pods, p => Assert.StartsWith($"web-{hash}-", p.Metadata.Name));
        var status = cluster.Api.All<Deployment>()[0].Status!;
        Assert.Equal((6, 6, 6, null), (status.Replicas, status.UpdatedReplicas, status.ReadyReplicas, status.UnavailableReplicas));
        await cluster.Api.UntilAsync(() => cluster.Api.All<Deployment>()[0].Status?.Conditions?.Any(c => c is { Type: "Progressing", Reason: "NewReplicaSetAvailable" }) == true);
        await cluster.Api.UntilAsync(() => cluster.EventsAbout("web").Any(e => e == $"ScalingReplicaSet: Scaled up replica set {set.Metadata.Name} from 0 to 6"));
        await cluster.Api.UntilAsync(() => cluster.Pods.All(p => cluster.EventsAbout(p.Metadata.Name!).Any(e => e.StartsWith("Scheduled: ", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task No_pod_is_created_twice_however_fast_things_change()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.DeployAsync("web", 20);
        await cluster.RunningAsync("web", 20);
        await cluster.ScaleAsync("web", 3);
        await cluster.ScaleAsync("web", 25);
        await cluster.RunningAsync("web", 25);
        await cluster.ScaleAsync("web", 0);
        await cluster.RunningAsync("web", 0);
        var created = cluster.Api.Requests.Count(r => r.StartsWith("POST pods", StringComparison.Ordinal));
        var deleted = cluster.Api.Requests.Where(r => r.StartsWith("DELETE pods", StringComparison.Ordinal)).Distinct().Count();
        Assert.InRange(created, 25, 42);
        Assert.Equal(created, deleted);
    }

    [Fact]
    public async Task A_rolling_update_never_has_too_few_ready_or_too_many_pods()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.DeployAsync("web", 8, strategy: """{"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": 1}}""");
        await cluster.RunningAsync("web", 8);
        await cluster.Api.UntilAsync(() => cluster.Api.All<Deployment>()[0].Status?.AvailableReplicas == 8);
        await cluster.PatchAsync<Deployment>("web", """{"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "two"}]}}}}""");
        var worst = (Ready: int.MaxValue, All: 0);
        await cluster.Api.UntilAsync(() =>
        {
            var active = cluster.Pods.Where(p => p.Metadata.DeletionTimestamp is null).ToList();
            worst = (Math.Min(worst.Ready, active.Count(p => p.IsReady())), Math.Max(worst.All, active.Count));
            return cluster.Pods.Count == 8 && cluster.Pods.All(p => p.Spec!.Containers![0].Image == "two" && p.IsReady());
        });
        Assert.InRange(worst.Ready, 7, 8);
        Assert.InRange(worst.All, 8, 10);
        Assert.Equal([0, 8], cluster.Api.All<ReplicaSet>().Select(r => r.Spec!.Replicas!.Value).Order());
        Assert.Equal(["1", "2"], cluster.Api.All<ReplicaSet>().Select(r => r.Metadata.Annotations!["deployment.kubernetes.io/revision"]).Order());
        await cluster.Api.UntilAsync(() => cluster.Api.All<Deployment>()[0].Metadata.Annotations?["deployment.kubernetes.io/revision"] == "2");
    }

    [Fact]
    public async Task Going_back_to_the_former_template_uses_its_replicaset_again()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.DeployAsync("web", 2);
        await cluster.RunningAsync("web", 2);
        await cluster.PatchAsync<Deployment>("web", """{"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "two"}]}}}}""");
        await cluster.Api.UntilAsync(() => cluster.Pods.Count == 2 && cluster.Pods.All(p => p.Spec!.Containers![0].Image == "two" && p.IsReady()));
        await cluster.PatchAsync<Deployment>("web", """{"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "one", "ports": [{"name": "web", "containerPort": 9376}]}]}}}}""");
        await cluster.Api.UntilAsync(() => cluster.Pods.Count == 2 && cluster.Pods.All(p => p.Spec!.Containers![0].Image == "one" && p.IsReady()));
        await cluster.Api.UntilAsync(() => cluster.Api.All<Deployment>()[0].Metadata.Annotations?["deployment.kubernetes.io/revision"] == "3");
        Assert.Equal(2, cluster.Api.All<ReplicaSet>().Count);
    }

    [Fact]
    public async Task Recreate_ends_all_old_pods_before_the_first_new_one()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.DeployAsync("web", 3, strategy: """{"type": "Recreate"}""");
        await cluster.RunningAsync("web", 3);
        cluster.Kubelet.Ends = _ => false;
        await cluster.PatchAsync<Deployment>("web", """{"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "two"}]}}}}""");
        await cluster.Api.UntilAsync(() => cluster.Pods.All(p => p.Metadata.DeletionTimestamp is not null));
        Assert.DoesNotContain(cluster.Pods, p => p.Spec!.Containers![0].Image == "two");
        var mixed = false;
        cluster.Kubelet.Ends = _ => true;
        cluster.Kubelet.Wake();
        await cluster.Api.UntilAsync(() =>
        {
            mixed |= cluster.Pods.Select(p => p.Spec!.Containers![0].Image).Distinct().Count() > 1;
            return cluster.Pods.Count == 3 && cluster.Pods.All(p => p.Spec!.Containers![0].Image == "two");
        });
        Assert.False(mixed);
    }

    [Fact]
    public async Task Without_a_node_pods_stay_pending_with_the_reason_and_go_on_when_one_comes()
    {
        await using var cluster = await ClusterHarness.StartAsync(nodes: 0);
        await cluster.DeployAsync("web", 1);
        await cluster.Api.UntilAsync(() => cluster.Pods is [{ Status.Conditions: [{ Type: "PodScheduled" }] }]);
        var condition = cluster.Pods[0].Status!.Conditions![0];
        Assert.Equal(("False", "Unschedulable", "no nodes available to schedule pods"), (condition.Status, condition.Reason, condition.Message));
        await cluster.Api.UntilAsync(() => cluster.EventsAbout(cluster.Pods[0].Metadata.Name!).Contains("FailedScheduling: no nodes available to schedule pods"));
        await cluster.AddNodeAsync("node-1", ready: false);
        await cluster.Api.UntilAsync(() => cluster.Pods[0].Status!.Conditions!.Any(c => c.Message == "0/1 nodes are available: 1 node(s) were not ready."));
        await cluster.AddNodeAsync("node-2");
        await cluster.RunningAsync("web", 1);
        Assert.Equal("node-2", cluster.Pods[0].Spec!.NodeName);
    }

    [Fact]
    public async Task A_service_leads_to_its_ready_pods_and_to_no_others()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.ServeAsync("web");
        await cluster.DeployAsync("web", 3);
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 3);
        var slice = Assert.Single(cluster.Api.All<EndpointSlice>());
        Assert.StartsWith("web-", slice.Metadata.Name);
        Assert.Equal(("web", "endpointslice-controller.k8s.io"), (slice.Metadata.Labels!["kubernetes.io/service-name"], slice.Metadata.Labels["endpointslice.kubernetes.io/managed-by"]));
        Assert.Equal(new EndpointPort { Name = "http", Port = 9376, Protocol = "TCP" }, Assert.Single(slice.Ports!));
        Assert.All(slice.Endpoints!, e => Assert.Equal($"zone-of-{e.NodeName}", e.Zone));
        Assert.Equal(cluster.Pods.Select(p => p.Metadata.Name).Order(), slice.Endpoints!.Select(e => e.TargetRef!.Name).Order());
        await cluster.Api.UntilAsync(() => cluster.Api.All<Endpoints>() is [{ Subsets: [{ Addresses.Count: 3, NotReadyAddresses: null }] }]);

        var sick = cluster.Pods[0].Metadata.Name;
        cluster.Kubelet.BecomesReady = p => p.Metadata.Name != sick;
        cluster.Kubelet.Wake();
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 2);
        await cluster.Api.UntilAsync(() => cluster.Api.All<Endpoints>() is [{ Subsets: [{ Addresses.Count: 2, NotReadyAddresses.Count: 1 }] }]);
    }

    [Fact]
    public async Task A_deleted_pod_leaves_the_service_before_its_replacement_joins()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.ServeAsync("web");
        await cluster.DeployAsync("web", 3);
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 3);
        var victim = cluster.Pods[0];
        cluster.Kubelet.Ends = _ => false;
        var together = false;
        await cluster.DeleteAsync<Pod>(victim.Metadata.Name!);
        await cluster.Api.UntilAsync(() =>
        {
            var ready = Ready(cluster);
            together |= ready.Count == 4;
            return ready.Count == 3 && !ready.Contains(victim.Status!.PodIP!);
        });
        Assert.False(together);
        var leaving = cluster.Api.All<EndpointSlice>()[0].Endpoints!.Single(e => e.Addresses[0] == victim.Status!.PodIP);
        Assert.Equal(new EndpointConditions { Ready = false, Serving = true, Terminating = true }, leaving.Conditions);
        cluster.Kubelet.Ends = _ => true;
        cluster.Kubelet.Wake();
        await cluster.Api.UntilAsync(() => cluster.Api.All<EndpointSlice>()[0].Endpoints!.Count == 3);
    }

    [Fact]
    public async Task A_service_scaled_to_zero_keeps_an_empty_slice()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.ServeAsync("web");
        await cluster.DeployAsync("web", 2);
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 2);
        await cluster.ScaleAsync("web", 0);
        await cluster.Api.UntilAsync(() => cluster.Api.All<EndpointSlice>() is [{ Endpoints.Count: 0 }]);
        await cluster.Api.UntilAsync(() => cluster.Api.All<Endpoints>() is [{ Subsets: null or { Count: 0 } }]);
        await cluster.ScaleAsync("web", 5);
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 5);
        Assert.Single(cluster.Api.All<EndpointSlice>());
    }

    [Fact]
    public async Task Deleting_the_owner_deletes_all_that_it_made()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.ServeAsync("web");
        await cluster.DeployAsync("web", 3);
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 3);
        await cluster.DeleteAsync<Deployment>("web");
        await cluster.DeleteAsync<Service>("web");
        await cluster.Api.UntilAsync(() => cluster.Pods.Count + cluster.Api.All<ReplicaSet>().Count + cluster.Api.All<EndpointSlice>().Count + cluster.Api.All<Endpoints>().Count == 0);
    }

    [Fact]
    public async Task What_lost_its_owner_while_nobody_looked_is_deleted_after_the_start()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.DeployAsync("web", 2);
        await cluster.RunningAsync("web", 2);
        await cluster.StopControllersAsync();
        await cluster.DeleteAsync<Deployment>("web");
        cluster.StartControllers();
        await cluster.Api.UntilAsync(() => cluster.Pods.Count + cluster.Api.All<ReplicaSet>().Count == 0);
    }

    [Fact]
    public async Task Pods_of_a_node_that_vanished_are_replaced_elsewhere()
    {
        await using var cluster = await ClusterHarness.StartAsync(nodes: 2);
        await cluster.DeployAsync("web", 4);
        await cluster.RunningAsync("web", 4);
        await cluster.Api.DeleteAsync<KubeNode>(null, "node-2", Viaduct.Kube.Api.DeleteQuery.Default, Ct);
        await cluster.Api.UntilAsync(() => cluster.Pods.Count == 4 && cluster.Pods.All(p => p.Spec!.NodeName == "node-1" && p.IsReady()));
    }

    [Fact]
    public async Task Nothing_is_written_when_nothing_changed()
    {
        await using var cluster = await ClusterHarness.StartAsync();
        await cluster.ServeAsync("web");
        await cluster.DeployAsync("web", 3);
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 3);
        await cluster.Api.UntilAsync(() => cluster.Api.All<Endpoints>() is [{ Subsets: [{ Addresses.Count: 3 }] }]);
        await cluster.Api.UntilAsync(() => cluster.Api.All<Deployment>()[0].Status?.Conditions?.Any(c => c.Reason == "NewReplicaSetAvailable") == true);
        await cluster.Api.UntilAsync(() => cluster.Pods.All(p => cluster.EventsAbout(p.Metadata.Name!).Any()));
        await cluster.StopControllersAsync();
        var version = cluster.Api.Version;
        cluster.StartControllers();
        // The mark goes through every controller's informers after all that the start brought.
        await cluster.DeployAsync("mark", 1);
        await cluster.RunningAsync("mark", 1);
        Assert.DoesNotContain(
            cluster.Api.Raw<Deployment>().Concat(cluster.Api.Raw<ReplicaSet>()).Concat(cluster.Api.Raw<EndpointSlice>()).Concat(cluster.Api.Raw<Endpoints>()),
            o => !((string)o["metadata"]!["name"]!).StartsWith("mark", StringComparison.Ordinal) && long.Parse((string)o["metadata"]!["resourceVersion"]!) > version);
        Assert.DoesNotContain(cluster.Pods, p => p.Metadata.Labels!["app"] == "web" && long.Parse(p.Metadata.ResourceVersion!) > version);
    }

    [Fact]
    public async Task A_hundred_pods_cost_a_few_requests_each()
    {
        await using var cluster = await ClusterHarness.StartAsync(nodes: 10);
        await cluster.ServeAsync("web");
        await cluster.DeployAsync("web", 100);
        await cluster.Api.UntilAsync(() => Ready(cluster).Count == 100);
        Assert.All(cluster.Pods.CountBy(p => p.Spec!.NodeName!), n => Assert.Equal(10, n.Value));
        var writes = cluster.Api.Requests.Count(r => r.Split(' ') is ["POST" or "PUT" or "PATCH" or "BIND", not "events", ..]);
        Assert.InRange(writes, 300, 900);
    }

    private static List<string> Ready(ClusterHarness cluster) =>
        [.. cluster.Api.All<EndpointSlice>().SelectMany(s => s.Endpoints ?? []).Where(e => e.Conditions!.Ready == true).Select(e => e.Addresses[0])];
}
