namespace Viaduct.Lab.Engine;

/// <summary>A sentence for people, in the languages of the experiments.</summary>
public sealed record LocalizedText(string English, string Chinese)
{
    public string In(Language language) => language == Language.Chinese ? Chinese : English;
}

/// <summary>A language that the experiments speak.</summary>
public enum Language
{
    English,
    Chinese,
}
