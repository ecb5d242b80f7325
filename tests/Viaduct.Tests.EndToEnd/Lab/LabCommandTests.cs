using System.Diagnostics;
using System.Text.Json;
using Viaduct.Tests.EndToEnd.Clusters;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Lab;

/// <summary><c>viaduct lab</c> as root and as an ordinary user: it holds, also several times at once, and leaves nothing, however it ends.</summary>
public class LabCommandTests
{
    // What they state of times holds on a machine that does little else.
    private static readonly string[] s_measuring = ["cost-of-crossings", "spin-or-block", "two-proxies"];

    private const string NoNamespace = "creating a network namespace failed: Operation not permitted (EPERM). It needs CAP_SYS_ADMIN: be root, or run inside a user namespace.";

    // Links and routes; rules; captures.
    private static readonly string[] s_short = ["lost-default-route", "containers", "connect-veth"];

    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Every_experiment_holds(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var before = await HostState.CaptureAsync();
        var (file, arguments) = WithTapDevices(who, ["lab", "run", "--all"]);

        var output = (await Shell.RunAsync(file, arguments, environment: who.Environ, seconds: 120)).Succeed();

        var names = await NamesAsync(who);
        Assert.All(names, name => Assert.Contains($"steps of {name} held.", output, StringComparison.Ordinal));
        Assert.Equal(before, await HostState.CaptureAsync());
        Assert.Empty(HostState.Processes());
    }

    [Fact]
    public async Task As_JSON_all_of_them_are_one_document()
    {
        var who = Actor.Named("user");
        var (file, arguments) = WithTapDevices(who, ["lab", "run", "--all", "-o", "json"]);
        var output = (await Shell.RunAsync(file, arguments, environment: who.Environ, seconds: 120)).Succeed();
        using var document = JsonDocument.Parse(output);
        Assert.Equal(await NamesAsync(who), document.RootElement.EnumerateArray().Select(e => e.GetProperty("name").GetString()!));
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task All_run_at_once_and_some_twice(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var names = (await NamesAsync(who)).Except(s_measuring).Concat(s_short);
        var results = await Task.WhenAll(names.Select(name => WithTapDevices(who, ["lab", "run", name])).Select(c => Shell.RunAsync(c.File, c.Arguments, environment: who.Environ)));
        Assert.All(results, result => result.Succeed());
        Assert.Empty(HostState.Processes());
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task A_run_killed_at_any_step_leaves_nothing(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var before = await HostState.CaptureAsync();
        foreach (var name in s_short)
        {
            for (var step = 1; await SteppedRun.KillAtAsync(who, name, step); step++)
            {
                Assert.Equal(before, await HostState.CaptureAsync());
                Assert.Empty(HostState.Processes());
            }
        }
    }

    /// <summary>In the midst of work, with whatever processes and namespaces it has at that moment; one kill for each experiment there is.</summary>
    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Whichever_experiment_is_killed_nothing_is_left_after_the_next_run(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var before = await HostState.CaptureAsync();
        foreach (var name in await NamesAsync(who))
        {
            var children = await KillAtWorkAsync(who, name);
            await TestCluster.EventuallyAsync($"no process of {name} is left", () => Task.FromResult(HostState.Processes().Count == 0 && !children.Any(HostState.Runs)));
        }

        // A cluster's pods are mounted on files; only this makes the next run necessary.
        (await who.RunAsync(["lab", "run", "ip-allocation"])).Succeed();
        Assert.Equal(before, await HostState.CaptureAsync());
    }

    /// <summary>At work, waiting at a step, and with its hosts kept; by Ctrl-C and as <c>kill</c> does it.</summary>
    [Theory]
    [InlineData("INT", "1. ", "stp")]
    [InlineData("TERM", "1. ", "stp")]
    [InlineData("INT", "1. ", "ip-allocation")]
    [InlineData("INT", "1. ", "service-endpoints", "--step")]
    [InlineData("INT", "1. ", "stp", "--step")]
    [InlineData("INT", "  host: ", "create-bridge", "--keep")]
    [InlineData("INT", "2. ", "--all")]
    [InlineData("INT", "All ", "--all")]
    public async Task A_run_that_is_interrupted_ends_at_once_and_leaves_nothing(string signal, string line, params string[] arguments)
    {
        foreach (var who in Actor.Names.Select(row => Actor.Named(row.Data)).Where(who => !who.IsRoot || Environment.IsPrivilegedProcess))
        {
            var before = await HostState.CaptureAsync();
            using var run = await SteppedRun.StartAsync(who, arguments, line);

            (await Shell.RunAsync("kill", [$"-{signal}", $"{run.Id}"])).Succeed();
            await run.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);

            Assert.Equal(130, run.ExitCode);
            Assert.Equal(before, await HostState.CaptureAsync());
            Assert.Empty(HostState.Processes());
        }
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Hosts_that_are_kept_can_be_entered_and_are_gone_afterwards(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        var (file, arguments) = who.CommandLine(["lab", "run", "create-bridge", "--keep"]);
        using var run = Shell.Start(file, arguments, who.Environ);
        _ = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        var enter = await CommandOfHostAsync(run);
        var (shell, script) = who.CommandLine(["-c", $"{enter} ip link"], program: "/bin/sh");
        Assert.Contains("br0", (await Shell.RunAsync(shell, script)).Succeed(), StringComparison.Ordinal);
        await run.StandardInput.WriteLineAsync();
        await SteppedRun.ExitAsync(run);

        Assert.Equal(0, run.ExitCode);
        Assert.False(File.Exists(enter.Split('=')[^1]));
        Assert.Empty(HostState.Processes());
    }

    [Fact]
    public async Task Where_there_are_no_hosts_to_keep_it_waits_for_nothing()
    {
        var (file, arguments) = Actor.Named("user").CommandLine(["lab", "run", "fork", "--keep"]);
        using var run = Shell.Start(file, arguments, Actor.Named("user").Environ);
        var error = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        _ = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await SteppedRun.ExitAsync(run);
        Assert.Equal("It has no hosts to be kept.\n", await error);
    }

    [Fact]
    public async Task Of_an_unknown_experiment_the_nearest_is_named()
    {
        var result = await Actor.Named("user").RunAsync(["lab", "run", "create-brigde"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("There is no experiment \"create-brigde\"; did you mean create-bridge?", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/nope", "The directory /proc/nope for the pages cannot be made: give --pages one below which you may write.")]
    [InlineData("", "--pages has no directory: name the one that the pages are written below.")]
    public async Task A_directory_for_pages_that_cannot_be_made_is_refused_before_anything_runs(string directory, string message)
    {
        var result = await Actor.Named("user").RunAsync(["lab", "run", "create-bridge", "--pages", directory]);
        Assert.Equal((1, "", $"error: {message}\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task Without_privilege_and_user_namespaces_one_sentence_says_what_to_do()
    {
        // As BadInputTests: a user namespace whose own limit is 0.
        const string script = "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all -- \"$@\"";
        var result = await Shell.RunAsync("unshare", ["--user", "--map-user=1000", "--keep-caps", "bash", "-c", script, "bash", Actor.Program, "lab", "run", "create-bridge"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("user.max_user_namespaces", result.Error, StringComparison.Ordinal);
        Assert.Empty(HostState.Processes());
    }

    [Fact]
    public async Task Without_tap_devices_one_sentence_says_what_to_do()
    {
        var (file, arguments) = InNewMounts("mount -t tmpfs none /dev/net", "root", [Actor.Program, "lab", "run", "virtual-machines"]);
        Actor.Named("root").Require();
        var result = await Shell.RunAsync(file, arguments);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("This machine lacks tap devices, needed for virtual machines: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("modprobe tun", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_open_the_tap_device_is_told_that()
    {
        Actor.Named("root").Require();
        var who = Actor.Named("user");
        var (file, arguments) = who.CommandLine(["lab", "run", "virtual-machines"]);
        (file, arguments) = InNewMounts("mount -t tmpfs none /dev/net && mknod -m 600 /dev/net/tun c 10 200", "user", [file, .. arguments]);
        var result = await Shell.RunAsync(file, arguments, environment: who.Environ);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(
            "error: virtual-machines: opening /dev/net/tun failed: Permission denied (EACCES). This user may not: as root, run \"chmod 666 /dev/net/tun\", or run this as root.\n",
            result.Error);
    }

    [Theory]
    [InlineData("stp")]
    [InlineData("service-endpoints")]
    [InlineData("virtual-machines")]
    [InlineData("create-bridge")]
    public async Task Where_no_namespace_can_be_made_that_is_the_reason_told(string name)
    {
        var result = await RunWithoutCapabilitiesAsync(name);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"error: {name}: {NoNamespace}\n", result.Error);
    }

    [Fact]
    public async Task Of_all_experiments_those_run_that_can()
    {
        var result = await RunWithoutCapabilitiesAsync("--all");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("steps of fork held.", result.Output, StringComparison.Ordinal);
        Assert.Contains($"ip-allocation is left out: {NoNamespace}\n", result.Error, StringComparison.Ordinal);
        Assert.Contains($"error: create-bridge: {NoNamespace}\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_another_user_made_where_its_files_belong_is_refused_in_one_sentence()
    {
        Actor.Named("root").Require();
        var who = Actor.Named("user");
        var temporary = Directory.CreateTempSubdirectory("viaduct-e2e-").FullName;
        File.SetUnixFileMode(temporary, (UnixFileMode)0b111_111_111);
        var (file, arguments) = who.CommandLine(["lab", "run", "ip-allocation"]);
        var planted = Directory.CreateDirectory(Path.Combine(temporary, $"viaduct-lab-{arguments.First(a => a.StartsWith("--reuid", StringComparison.Ordinal)).Split('=')[1]}")).FullName;
        var result = await Shell.RunAsync(file, arguments, environment: new Dictionary<string, string>(who.Environ) { ["TMPDIR"] = temporary });
        Directory.Delete(temporary, recursive: true);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"error: ip-allocation: {planted} must be a directory of this user", result.Error, StringComparison.Ordinal);
    }

    /// <summary>Kills it as soon as it has a process of its own, at the latest while it goes on behind its first step; tells which processes it had.</summary>
    private static async Task<IReadOnlyList<string>> KillAtWorkAsync(Actor who, string name)
    {
        var (file, arguments) = WithTapDevices(who, ["lab", "run", name]);
        using var run = Shell.Start(file, arguments, who.Environ);
        var step = FirstStepAsync(run);
        IReadOnlyList<string> children;
        while ((children = HostState.Children(run.Id)).Count == 0 && !step.IsCompleted)
            await Task.WhenAny(step, Task.Delay(2, TestContext.Current.CancellationToken));
        run.Kill();
        await SteppedRun.ExitAsync(run);
        return children;
    }

    private static async Task FirstStepAsync(Process run)
    {
        while (await run.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.StartsWith("1. ", StringComparison.Ordinal))
        {
            // Its title and introduction.
        }
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(Actor who)
    {
        var names = (await who.RunAsync(["lab", "list"])).Succeed().Split('\n').Skip(1).Select(l => l.Split(' ')[0]).Where(n => n.Length > 0).ToList();
        Assert.NotEmpty(names);
        return names;
    }

    /// <summary>On many machines every user may make tap devices in namespaces of his own; where only root may, the user gets a device file of his own.</summary>
    private static (string File, string[] Arguments) WithTapDevices(Actor who, string[] arguments)
    {
        var (file, all) = who.CommandLine(arguments);
        return who.IsRoot || !Environment.IsPrivilegedProcess
            ? (file, all)
            : InNewMounts("mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200", "user", [file, .. all]);
    }

    /// <summary>As root in a container: there is no other user to become, and nothing that root may.</summary>
    private static Task<ShellResult> RunWithoutCapabilitiesAsync(string experiment)
    {
        Actor.Named("root").Require();
        return Shell.RunAsync("setpriv", ["--bounding-set=-all", "--inh-caps=-all", "--", Actor.Program, "lab", "run", experiment]);
    }

    private static (string File, string[] Arguments) InNewMounts(string preparation, string zero, string[] command) =>
        ("unshare", ["--mount", "sh", "-c", $"{preparation} && exec \"$@\"", zero, .. command]);

    private static async Task<string> CommandOfHostAsync(Process run)
    {
        const string beginning = "  host: ";
        while (await run.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return line[beginning.Length..];
        }

        throw new Xunit.Sdk.XunitException("It named no host.");
    }
}
