using Viaduct.Tests.EndToEnd.Clusters;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Shells;

/// <summary><c>viaduct completion</c>, loaded by the shells themselves: on a terminal by the Tab key, and fish by the command that says what the key would offer.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory();

    public CompletionTests() => File.WriteAllText(Path.Combine(directory.FullName, "ranges-of-ours.yaml"), "nonsense: true\n");

    /// <summary>Each with how it is started on a terminal and how it loads its completion.</summary>
    public static TheoryData<string, string, string> Shells => new()
    {
        { "bash", "bash --norc -i", "source <(viaduct completion bash)" },
        { "zsh", "zsh -f -i", "autoload -U compinit; compinit -u -D; source <(viaduct completion zsh)" },
    };

    private Dictionary<string, string> Environ => new()
    {
        ["PATH"] = $"{Path.GetDirectoryName(Actor.Program)}:{Environment.GetEnvironmentVariable("PATH")}",
        ["HOME"] = directory.FullName,
        ["TERM"] = "dumb",
    };

    public void Dispose() => directory.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task The_Tab_key_completes_the_name_of_an_experiment(string shell, string start, string load)
    {
        var shown = await TypeAsync(shell, start, load, "viaduct lab show lost\t");
        Assert.Contains("viaduct lab run lost-default-route", shown, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public async Task The_Tab_key_completes_the_name_of_a_file_where_one_is_wanted(string shell, string start, string load)
    {
        var shown = await TypeAsync(shell, start, $"{load}; cd", "viaduct plan rang\t");
        Assert.Contains("error: ranges-of-ours.yaml, line 1: ", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("viaduct lab show lost", "lost-default-route\n")]
    [InlineData("viaduct draw -o s", "svg\n")]
    [InlineData("viaduct completion ", "bash\nfish\nzsh\n")]
    [InlineData("viaduct plan rang", "ranges-of-ours.yaml\n")]
    public async Task Fish_offers_what_may_follow_and_files_where_the_program_knows_nothing(string line, string offered)
    {
        Assert.SkipUnless(Shell.Has("fish"), "fish is not installed");
        var result = await Shell.RunAsync("fish", ["--no-config", "-c", $"viaduct completion fish | source; cd; complete -C '{line}' | string match --invert -- '-*'"], environment: Environ);
        Assert.Equal(offered, result.Succeed());
    }

    [Theory]
    [MemberData(nameof(Actor.Names), MemberType = typeof(Actor))]
    public async Task The_names_of_the_users_clusters_are_offered(string actor)
    {
        const string Line = "viaduct down --name e2e";
        string[] question = [$"[suggest:{Line.Length}]", Line];
        var who = Actor.Named(actor);
        string name;
        await using (var cluster = await TestCluster.UpAsync(who, "--nodes", "1"))
        {
            name = cluster.Name;
            Assert.Contains(name, (await who.RunAsync(question)).Succeed().Split('\n'));
        }

        Assert.DoesNotContain(name, (await who.RunAsync(question)).Succeed().Split('\n'));
    }

    private async Task<string> TypeAsync(string shell, string start, string load, string line)
    {
        Assert.SkipUnless(Shell.Has(shell), $"{shell} is not installed");
        return (await Shell.RunAsync("script", ["--quiet", "--return", "--command", start, "/dev/null"], $"{load}\n{line}\nexit 0\n", Environ)).Succeed();
    }
}
