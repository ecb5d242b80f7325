using Viaduct.Lab.Drawing;
using Viaduct.Lab.Engine;

namespace Viaduct.Lab.Reports;

/// <summary>Steps as lines for a terminal.</summary>
public static class TextReport
{
    public static IEnumerable<string> Lines(StepTranscript step, int number, Language language, CharacterSet characters)
    {
        yield return "";
        yield return $"{number}. {step.What.In(language)}";
        foreach (var line in step.Lines)
        {
            foreach (var text in Lines(line, language, characters))
                yield return text;
        }
    }

    /// <summary>The settings that the hosts begin with; the commands before the first step are many, and only counted.</summary>
    public static IEnumerable<string> Lines(Preparation preparation, Language language) => preparation.Hosts.Count == 0 ? [] :
    [
        "",
        $"0. {Words.EachHost.In(language)}",
        $"   $ {Words.HostsCommand(preparation)}",
        $"   {Words.OtherCommands(preparation.Commands.Count).In(language)}",
    ];

    private static IEnumerable<string> Lines(TranscriptLine line, Language language, CharacterSet characters) => line switch
    {
        CommandLine command => [$"   {command.Host}$ {command.Command}"],
        OutputLine output => Indented(output.Text),
        ClaimLine claim => [$"   ok  {claim.What.In(language)}", .. claim.Seen is null ? [] : Indented(claim.Seen)],
        DisagreementLine said => [.. Words.Disagreement(said, language).Select(l => $"   {l}")],
        DrawingLine drawing => ["", .. CharacterCanvas.Draw(PictureLayout.Of(drawing.View), characters).TrimEnd('\n').Split('\n')],
        MeasurementLine measured => [.. Table(Words.Table(measured, language)), $"       ({Words.MeasuredOn(measured.Machine, language)})"],
        MissingLine missing => [$"   --  {missing.Reason}"],
        PlotLine plot => [$"       {plot.Plot.Title.In(language)}: {new LocalizedText("--pages DIRECTORY draws it", "用 --pages 目录 画出").In(language)}"],
        _ => [],
    };

    private static IEnumerable<string> Table(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = rows[0].Select((_, column) => rows.Max(r => CharacterWidth.Of(r[column]))).ToList();
        return rows.Select(row => "       " + string.Join("  ", row.Select((cell, i) => Padded(cell, widths[i], isText: i == 0))).TrimEnd());
    }

    private static string Padded(string cell, int width, bool isText)
    {
        var space = new string(' ', width - CharacterWidth.Of(cell));
        return isText ? cell + space : space + cell;
    }

    private static IEnumerable<string> Indented(string text) => text.Split('\n').Select(l => $"       {l}");
}
