using Viaduct.Cluster.Supervision;

namespace Viaduct.Tests.Cluster;

public class ProgressLineTests
{
    [Theory]
    [InlineData(ProgressKind.Step, "Wiring the network", "step Wiring the network")]
    [InlineData(ProgressKind.Ready, "", "ready")]
    [InlineData(ProgressKind.Error, "no\nway", "error no way")]
    public void A_line_is_one_line_and_reads_back(ProgressKind kind, string text, string line)
    {
        Assert.Equal(line, new ProgressLine(kind, text).ToString());
        Assert.Equal(kind, ProgressLine.Parse(line).Kind);
    }

    [Fact]
    public void What_is_no_progress_is_taken_as_an_error_in_whole() =>
        Assert.Equal(new ProgressLine(ProgressKind.Error, "Segmentation fault"), ProgressLine.Parse("Segmentation fault"));
}
