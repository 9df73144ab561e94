using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.House;

/// <summary>The README shows the console as it is.</summary>
public sealed class ConsolePicturesTests
{
    [Fact]
    public void The_pictures_in_docs_were_taken_of_the_console_that_is_built()
    {
        var taken = ConsolePictures.TakenOf();
        var built = ConsolePictures.DigestOfConsole();

        var old = ConsolePictures.Names.Where(name => taken.GetValueOrDefault(name) != built);

        Assert.NotEmpty(ConsolePictures.Names);
        Assert.True(!old.Any(), $"Of an older console than {built}: {string.Join(", ", old)}. Renewed by: {ConsolePictures.Renewal}");
    }
}
