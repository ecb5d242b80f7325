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

    private static IEnumerable<string> Lines(TranscriptLine line, Language language, CharacterSet characters) => line switch
    {
        CommandLine command => [$"   {command.Host}$ {command.Command}"],
        OutputLine output => Indented(output.Text),
        ClaimLine claim => [$"   ok  {claim.What.In(language)}", .. claim.Seen is null ? [] : Indented(claim.Seen)],
        DisagreementLine said => [.. Words.Disagreement(said, language).Select(l => $"   {l}")],
        DrawingLine drawing => ["", .. CharacterCanvas.Draw(PictureLayout.Of(drawing.View), characters).TrimEnd('\n').Split('\n')],
        _ => [],
    };

    private static IEnumerable<string> Indented(string text) => text.Split('\n').Select(l => $"       {l}");
}
