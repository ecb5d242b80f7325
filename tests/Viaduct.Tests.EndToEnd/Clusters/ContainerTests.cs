using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Clusters;

/// <summary>Containers that run commands of this machine.</summary>
public class ContainerTests
{
    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_container_that_exits_is_started_again_and_its_output_is_kept(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync(Pods.Script("short", "echo hello from $HOSTNAME; exit 3"));

        await TestCluster.EventuallyAsync("it was started a second time", async () =>
            (await cluster.QueryAsync("{.status.containerStatuses[0].restartCount}", "pod", "short")) is [var restarts] && int.Parse(restarts, null) >= 1);

        Assert.Equal(["3"], await cluster.QueryAsync("{.status.containerStatuses[0].lastState.terminated.exitCode}", "pod", "short"));
        Assert.Contains("hello from short", await cluster.KubectlAsync("logs", "short"));
        Assert.Equal(["CrashLoopBackOff"], await EventualStateAsync(cluster));
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_pod_whose_restart_policy_is_Never_succeeds_or_fails_by_its_exit_code(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync(Pods.Script("good", "exit 0", "Never") + "\n---\n" + Pods.Script("bad", "exit 4", "Never"));

        await TestCluster.EventuallyAsync("both ended", async () =>
            (await cluster.QueryAsync("{.items[*].status.phase}", "pods")) is ["Failed", "Succeeded"]);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_container_sees_only_its_pods_network_and_processes(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync(Pods.Script("alone", "ls /sys/class/net; ls /proc | grep -c ^[0-9]; hostname; sleep 1000"));
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/alone", "--timeout=30s");

        await TestCluster.EventuallyAsync("its output is there", async () =>
        {
            var lines = (await cluster.KubectlAsync("logs", "alone")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return lines is ["eth0", "lo", var processes, "alone"] && int.Parse(processes, null) < 10;
        });
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task An_unready_pod_is_no_endpoint_until_its_probe_succeeds(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: late
              labels: {app: late}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: none
                  command: ["bash", "-c", "mkdir -p /tmp/late-$$ && cd /tmp/late-$$ && sleep 3; exec python3 -m http.server 8000"]
                  readinessProbe: {httpGet: {path: /, port: 8000}, periodSeconds: 1}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: late}
            spec:
              selector: {app: late}
              ports: [{port: 80, targetPort: 8000}]
            """);

        await TestCluster.EventuallyAsync("it runs", async () => await cluster.QueryAsync("{.status.phase}", "pod", "late") is ["Running"]);
        Assert.NotEmpty(await cluster.QueryAsync("{.subsets[*].notReadyAddresses[*].ip}", "endpoints", "late"));
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/late", "--timeout=30s");
        await TestCluster.EventuallyAsync("it is an endpoint", async () => (await cluster.QueryAsync("{.subsets[*].addresses[*].ip}", "endpoints", "late")).Length == 1);
        await cluster.CheckAsync();
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Exec_gives_the_commands_output_and_exit_code(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync(Pods.Idle("here"));
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/here", "--timeout=30s");
        var address = (await cluster.QueryAsync("{.status.podIP}", "pod", "here"))[0];

        var result = await cluster.ViaductAsync("exec", "here", "--", "bash", "-c", "ip -o -4 address show eth0; echo problem >&2; exit 7");

        Assert.Equal(7, result.ExitCode);
        Assert.Contains(address, result.Output);
        Assert.Contains("problem", result.Error);
        Assert.Contains(address, await cluster.KubectlAsync("exec", "here", "--", "ip", "-o", "-4", "address"));
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Exec_beside_a_command_sees_the_commands_processes(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync(Pods.Script("busy", "sleep 1000"));
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/busy", "--timeout=30s");

        var output = await cluster.ScriptAsync("busy", "cat /proc/1/cmdline; test -e /proc/self/status && echo itself");

        Assert.Contains("container-init", output);
        Assert.Contains("itself", output);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Exec_takes_a_pod_with_its_namespace_and_names_one_that_is_missing(string actor)
    {
        await using var cluster = await TestCluster.UpAsync(Actor.Named(actor));
        await cluster.ApplyAsync(Pods.Idle("here") + "\n---\n" + Pods.Script("ended", "exit 0", "Never"));
        await cluster.KubectlAsync("wait", "--for=condition=Ready", "pod/here", "--timeout=30s");

        Assert.Equal("here", (await cluster.ViaductAsync("exec", "default/here", "--", "hostname")).Succeed().Trim());

        var missing = await cluster.ViaductAsync("exec", "elsewhere/here", "--", "true");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("no pod \"here\" in the namespace \"elsewhere\"", missing.Error);
        await TestCluster.EventuallyAsync("it has ended", async () => await cluster.QueryAsync("{.status.phase}", "pod", "ended") is ["Succeeded"]);
        Assert.Contains("no running container", (await cluster.ViaductAsync("exec", "ended", "--", "true")).Error);
    }

    private static async Task<string[]> EventualStateAsync(TestCluster cluster)
    {
        string[] reason = [];
        await TestCluster.EventuallyAsync("it waits to be started again", async () =>
            (reason = await cluster.QueryAsync("{.status.containerStatuses[0].state.waiting.reason}", "pod", "short")).Length > 0);
        return reason;
    }
}
