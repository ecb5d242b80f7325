using System.Text;
using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Reports;

/// <summary>A transcript as a page. Its plot, if it has one, is a file beside it with the experiment's name: see <see cref="SvgPlot"/>.</summary>
public static class MarkdownReport
{
    public static string Write(Transcript transcript, Language language)
    {
        var page = new StringBuilder($"# {transcript.Title.In(language)}\n\n{transcript.Introduction.In(language)}\n").Append(Text(transcript.Preparation, language));
        foreach (var (step, number) in transcript.Steps.Select((s, i) => (s, i + 1)))
            Write(page, transcript.Name, step, number, language);
        return page.ToString();
    }

    private static string Text(Preparation preparation, Language language) => preparation.Hosts.Count == 0 ? "" : $"""

        <details>
        <summary>{Words.Preparation.In(language)}</summary>

        {Words.EachHost.In(language)}

        ```console
        $ {Words.HostsCommand(preparation)}
        {string.Join('\n', preparation.Commands.Select(c => $"{c.Host}$ {c.Command}"))}
        ```

        </details>

        """;

    private static void Write(StringBuilder page, string name, StepTranscript step, int number, Language language)
    {
        page.Append($"\n## {number}. {step.What.In(language)}\n");
        var isTyped = false;
        TranscriptLine? last = null;
        foreach (var line in step.Lines)
        {
            // Commands and what they show stand together in one block.
            if ((line is CommandLine or OutputLine) != isTyped)
            {
                page.Append(isTyped ? "```\n" : "\n```console\n");
                isTyped = !isTyped;
            }

            // Claims in a row are one list.
            page.Append(line is ClaimLine && last is not ClaimLine ? "\n" : "").Append(Text(line, name, language));
            last = line;
        }

        page.Append(isTyped ? "```\n" : "");
    }

    private static string Text(TranscriptLine line, string name, Language language) => line switch
    {
        CommandLine command => $"{command.Host}$ {command.Command}\n",
        OutputLine output => $"{output.Text}\n",
        ClaimLine { Seen: null } claim => $"- {claim.What.In(language)}\n",
        ClaimLine claim => $"- {claim.What.In(language)}\n  ```\n{string.Concat(claim.Seen.Split('\n').Select(l => $"  {l}\n"))}  ```\n",
        DisagreementLine said => $"\n{string.Concat(Words.Disagreement(said, language).Select(l => $"> {l}  \n"))}",
        DrawingLine drawing => $"\n```\n{CharacterCanvas.Draw(PictureLayout.Of(drawing.View), CharacterSet.Unicode)}```\n",
        PlotLine { Plot: var plot } => $"\n![{plot.Title.In(language)}]({name}.svg)\n",
        MissingLine missing => $"\n{missing.Reason}\n",
        MeasurementLine measured => $"\n{Table(Words.Table(measured, language))}\n{Words.MeasuredOn(measured.Machine, language)}\n",
        _ => "",
    };

    private static string Table(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var line = (IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |\n";
        return line(rows[0]) + line(rows[0].Select((_, i) => i == 0 ? "---" : "---:")) + string.Concat(rows.Skip(1).Select(line));
    }
}
