using System.Text.Json;
using Viaduct.Tests.EndToEnd.Machine;

namespace Viaduct.Tests.EndToEnd.Lab;

/// <summary><c>viaduct draw</c> on this machine, whatever it is.</summary>
public class DrawCommandTests
{
    public static TheoryData<string> Actors => Actor.Names;

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task Everybody_may_draw_the_namespace_that_he_is_in(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        using var drawn = JsonDocument.Parse((await who.RunAsync(["draw", "-o", "json"])).Succeed());
        Assert.Equal("host", Assert.Single(drawn.RootElement.GetProperty("namespaces").EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains("Network Protocol Stack", (await who.RunAsync(["draw", "-o", "ascii", "--routes"])).Succeed(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Actors))]
    public async Task What_may_not_be_looked_at_is_passed_over(string actor)
    {
        var who = Actor.Named(actor);
        who.Require();
        Assert.Contains("\"name\": \"host\"", (await who.RunAsync(["draw", "--netns", "all", "-o", "json"])).Succeed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_processes_of_others_are_hidden_they_are_passed_over()
    {
        Actor.Named("root").Require();
        var (file, arguments) = Actor.Named("user").CommandLine(["draw", "--netns", "all", "-o", "json"]);
        var result = await Shell.RunAsync("unshare", ["--mount", "--pid", "--fork", "sh", "-c", "mount -t proc -o hidepid=1 none /proc && exec \"$@\"", "sh", file, .. arguments]);
        Assert.Contains("\"name\": \"host\"", result.Succeed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_an_unknown_namespace_one_sentence_says_which_there_are()
    {
        var result = await Actor.Named("user").RunAsync(["draw", "--netns", "nope"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Matches("^error: There is no network namespace \"nope\": .*\\(ip netns list\\).*\\.\n$", Line(result));
    }

    [Fact]
    public async Task Of_another_users_process_one_sentence_says_that_it_needs_root()
    {
        var who = Actor.Named("user");
        var number = Environment.IsPrivilegedProcess ? Environment.ProcessId : 1;
        var result = await who.RunAsync(["draw", "--netns", $"{number}"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"error: The network namespace /proc/{number}/ns/net may not be entered by this user: draw it as root, or all to see those that may be.\n", Line(result));
    }

    [Fact]
    public async Task Of_a_namespace_that_may_be_opened_and_not_entered_one_sentence_says_that_it_needs_root()
    {
        Actor.Named("root").Require();
        var (file, arguments) = Actor.Named("user").CommandLine(["draw", "--netns", "/run/netns/one"]);
        var result = await Shell.RunAsync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs none /run && mkdir /run/netns && touch /run/netns/one && unshare --net=/run/netns/one true && exec \"$@\"", "sh", file, .. arguments]);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("error: The network namespace /run/netns/one may not be entered by this user: draw it as root, or all to see those that may be.\n", Line(result));
    }

    [Theory]
    [InlineData("draw --netns nope 2>&-")]
    [InlineData("draw --netns nope <&- >&- 2>&-")]
    [InlineData("draw --netns nope 2>/dev/full")]
    [InlineData("draw --nope 2>&-")]
    [InlineData("draw >&- 2>&-")]
    public async Task Where_no_message_can_be_written_a_failure_is_still_only_a_failure(string command) =>
        Assert.Equal(1, (await Shell.RunAsync("sh", ["-c", $"exec {Actor.Program} {command}"])).ExitCode);

    [Theory]
    [InlineData("draw")]
    [InlineData("draw -o json")]
    [InlineData("lab list")]
    [InlineData("draw --help")]
    public async Task With_standard_output_closed_one_sentence_says_so(string command)
    {
        var result = await Shell.RunAsync("sh", ["-c", $"exec {Actor.Program} {command} >&-"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal("error: Standard output is closed: open it, or send it to /dev/null.\n", Line(result));
    }

    /// <summary>The message without the terminal's line breaks.</summary>
    private static string Line(ShellResult result) => $"{result.Error.TrimEnd('\n').ReplaceLineEndings(" ")}\n";
}
