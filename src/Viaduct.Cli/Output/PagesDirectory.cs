using Viaduct.Lab.Engine;
using Viaduct.Lab.Reports;

namespace Viaduct.Cli.Output;

/// <summary>Where <c>viaduct lab run --pages</c> writes.</summary>
internal static class PagesDirectory
{
    /// <summary>Makes it before anything runs, where one is asked for.</summary>
    /// <exception cref="ExperimentFailedException">It cannot be made.</exception>
    public static void Make(string? directory)
    {
        if (directory is null)
            return;
        if (string.IsNullOrWhiteSpace(directory))
            throw new ExperimentFailedException("--pages has no directory: name the one that the pages are written below.");
        try
        {
            foreach (var (folder, _) in LabPages.Languages)
                Directory.CreateDirectory(Path.Combine(directory, folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentFailedException($"The directory {directory} for the pages cannot be made: give --pages one below which you may write.");
        }
    }
}
