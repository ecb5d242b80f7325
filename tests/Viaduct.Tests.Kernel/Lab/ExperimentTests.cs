using System.Collections.Concurrent;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Experiments;
using Viaduct.Lab.Experiments.Clusters;
using Viaduct.Lab.Experiments.UserAndKernel;
using Viaduct.Lab.Network;
using Viaduct.Lab.Reports;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;
using Viaduct.Tests.Kernel.Nftables;
using Viaduct.Tests.Kernel.Node;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>Every experiment holds in this kernel, and fails when what it depends on is left out.</summary>
public class ExperimentTests
{
    // Those built beside the tests.
    private static readonly LabPrograms s_programs = new(Self.Command[0], AgentLab.CniPlugin);

    // One run serves all tests that only look at it.
    private static readonly ConcurrentDictionary<string, Lazy<Task<Transcript>>> s_runs = new();

    public static TheoryData<string> Names => [.. ExperimentCatalog.All.Select(e => e.Name)];

    // Virtual machines, programs under a microscope and clusters are more than commands.
    public static TheoryData<string> TypedNames =>
    [
        .. ExperimentCatalog.All.Where(e => e is not (VirtualMachines or CostOfCrossings or Fork or SpinOrBlock or TwoProxies or IpAllocation or ServiceEndpoints or ProxyModes)).Select(e => e.Name),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_experiment_holds(string name)
    {
        var transcript = await TranscriptAsync(name);
        Assert.All(transcript.Steps, step => Assert.Contains(step.Lines, line => line is ClaimLine or MissingLine));
    }

    /// <summary>After a change: <c>viaduct lab run NAME --pages docs/lab</c>.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_pages_in_docs_are_what_an_experiment_prints(string name)
    {
        var root = Root();
        Assert.SkipWhen(root is null, "docs/lab is not beside the tests");
        var transcript = await TranscriptAsync(name);
        var lines = transcript.Everywhere.Steps.SelectMany(s => s.Lines).ToList();
        Assert.SkipWhen(lines.OfType<MissingLine>().Any(), $"this machine cannot show all of the page: {lines.OfType<MissingLine>().FirstOrDefault()?.Reason}");
        // Where a kernel has no nftables, iptables stands in its place.
        Func<string, string> hide = lines.OfType<CommandLine>().Any(c => c.Command.StartsWith("iptables ", StringComparison.Ordinal)) ? MeasuredValues.HideRules : MeasuredValues.Hide;
        foreach (var (folder, language) in LabPages.Languages)
        {
            var path = Path.Combine(root, folder, name);
            Assert.Equal(hide(File.ReadAllText($"{path}.md")), hide(LabPages.Page(transcript, language)));
            if (transcript.Plot is { } plot)
                Assert.Equal(MeasuredValues.Words(File.ReadAllText($"{path}.svg")), MeasuredValues.Words(SvgPlot.Write(plot, language)));
        }
    }

    [Fact]
    public void The_indexes_in_docs_name_every_experiment_in_order()
    {
        var root = Root();
        Assert.SkipWhen(root is null, "docs/lab is not beside the tests");
        foreach (var (folder, language) in ((string, Language)[])[("en", Language.English), ("zh", Language.Chinese)])
        {
            var rows = File.ReadLines(Path.Combine(root, folder, "README.md")).Where(l => l.StartsWith("| [", StringComparison.Ordinal));
            Assert.Equal(ExperimentCatalog.All.Select(e => $"| [{e.Name}]({e.Name}.md) | {e.Title.In(language)} |"), rows);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_experiment_fails_without_what_it_depends_on(string name)
    {
        var experiment = ExperimentCatalog.Find(name)!;
        await Assert.ThrowsAsync<ExperimentFailedException>(() => RunAsync(name, leaveOut: experiment.Essential));
    }

    /// <summary>What stands in the transcript as typed is what a person could type: nft(8) takes it, line after line.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_rules_of_an_experiment_are_commands_that_nft_takes(string name)
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/nft"), "nft is missing");
        var typed = (await TranscriptAsync(name)).Steps.SelectMany(s => s.Lines).OfType<CommandLine>().Where(c => c.Command.StartsWith("nft ", StringComparison.Ordinal));
        foreach (var commands in typed.GroupBy(c => c.Host))
        {
            using var ns = NetNamespace.Create();
            foreach (var (_, command) in commands)
                Tool.Run(ns, "sh", "-c", command);
        }
    }

    /// <summary>Whoever types a page, and nothing else, sees the same.</summary>
    [Theory]
    [MemberData(nameof(TypedNames))]
    public async Task The_pings_of_an_experiment_are_answered_as_it_says_when_its_commands_are_typed(string name)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ping") && File.Exists("/usr/bin/nc") && File.Exists("/usr/sbin/nft"), "ping, nc or nft is missing");
        var pings = new TypedExperiment(await TranscriptAsync(name)).Pings();
        Assert.NotEmpty(pings);
        Assert.All(pings, ping => Assert.Equal((ping.Command, ping.Told), (ping.Command, ping.Said)));
    }

    [Fact]
    public void The_settings_of_hosts_are_what_their_command_sets()
    {
        using var ns = NetNamespace.Create();
        var settings = HostSettings.All.Where(s => ns.Run(() => Sysctl.Exists(s.Name))).ToList();
        Assert.Contains(settings, s => s.Name == "net.ipv4.conf.all.rp_filter");
        ns.Run(() => settings.ForEach(s => Sysctl.Write(s.Name, s.Value == "0" ? "1" : "0")));
        Tool.Run(ns, "bash", "-c", HostSettings.Command);
        Assert.All(settings, s => Assert.Equal((s.Name, s.Value), (s.Name, ns.Run(() => Sysctl.Read(s.Name)))));
    }

    private static Task<Transcript> TranscriptAsync(string name) => s_runs.GetOrAdd(name, one => new Lazy<Task<Transcript>>(() => RunAsync(one))).Value;

    private static async Task<Transcript> RunAsync(string name, string? leaveOut = null)
    {
        try
        {
            return await ExperimentRunner.RunAsync(ExperimentCatalog.Find(name)!, leaveOut: leaveOut, programs: s_programs);
        }
        catch (ExperimentImpossibleException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    private static string? Root()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (Path.Combine(directory.FullName, "docs", "lab") is var docs && Directory.Exists(docs))
                return docs;
        }

        return null;
    }
}
