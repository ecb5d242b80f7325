using System.Text.Json.Nodes;
using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Reports;

namespace Viaduct.Tests.Lab;

public class ReportTests
{
    private static readonly StepTranscript s_measured = new(
        new("Measure.", "测量。"),
        [new MeasurementLine([new("call", "调用"), new("ns", "ns")], [new MeasuredRow(new("getppid", "系统调用"), "123")], "Linux 6.18, two processors")]);

    private static readonly StepTranscript s_optional = new(new("More.", "更多。"), [new MissingLine("This kernel has none.")]) { IsOptional = true };

    private static readonly Preparation s_preparation = new(["a", "b"], "sysctl -w x=0", [new CommandLine("a", "ip link set lo up"), new CommandLine("b", "ip link set lo up")]);

    private static readonly Transcript s_transcript = new("name", new("Title", "标题"), new("Introduction.", "介绍。"), s_preparation, [s_measured, s_optional]);

    [Fact]
    public void What_was_measured_is_a_table_that_names_its_machine()
    {
        var page = MarkdownReport.Write(s_transcript, Language.English);
        Assert.Contains("| call | ns |\n| --- | ---: |\n| getppid | 123 |\n\nMeasured on Linux 6.18, two processors\n", page);
    }

    [Fact]
    public void Columns_stand_straight_in_a_terminal_with_wide_characters_too()
    {
        var lines = TextReport.Lines(s_measured, 1, Language.Chinese, CharacterSet.Ascii).ToList();
        Assert.Contains("       调用       ns", lines);
        Assert.Contains("       系统调用  123", lines);
    }

    [Fact]
    public void A_page_has_only_what_every_machine_shows()
    {
        Assert.Contains("This kernel has none.", MarkdownReport.Write(s_transcript, Language.English));
        Assert.DoesNotContain("More.", LabPages.Page(s_transcript, Language.English));
        Assert.Contains("Measure.", LabPages.Page(s_transcript, Language.English));
    }

    [Fact]
    public void Every_kind_of_line_has_its_JSON()
    {
        var plot = new PlotLine(new Plot(new("t", "t"), new("x", "x"), new("y", "y"), [new Curve(new("c", "c"), [new(1, 2)])]));
        var json = JsonReport.Write(s_transcript with { Steps = [s_measured, s_optional, new StepTranscript(new("Plot.", "图。"), [plot])] });
        Assert.All(["measurement", "missing", "plot"], kind => Assert.Contains($"\"kind\": \"{kind}\"", json));
    }

    [Fact]
    public void A_page_has_all_that_is_typed_before_the_first_step()
    {
        var page = MarkdownReport.Write(s_transcript, Language.English);
        Assert.Contains("```console\n$ for host in a b; do ip netns add $host; ip -n $host link set lo up; ip netns exec $host sysctl -w x=0; done\na$ ip link set lo up\nb$ ip link set lo up\n```\n", page);
        Assert.DoesNotContain("<details>", MarkdownReport.Write(s_transcript with { Preparation = new([], "", []) }, Language.English));
    }

    [Fact]
    public void A_terminal_shows_the_settings_that_hosts_begin_with()
    {
        Assert.Contains(TextReport.Lines(s_preparation, Language.English), l => l.Contains("sysctl -w x=0", StringComparison.Ordinal));
        Assert.Contains(TextReport.Lines(s_preparation, Language.English), l => l.Contains("2 commands more", StringComparison.Ordinal));
        Assert.Empty(TextReport.Lines(new Preparation([], "", []), Language.English));
    }

    [Fact]
    public void Several_transcripts_are_one_JSON_document()
    {
        var all = JsonNode.Parse(JsonReport.Write([s_transcript, s_transcript]))!.AsArray();
        Assert.Equal(2, all.Count);
        Assert.All(all, one => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(JsonReport.Write(s_transcript)), one)));
    }
}
