// Documents that never change.
#include "lab/httpbin/handlers.h"

namespace sni::httpbin {

namespace {

/// Herman Melville, Moby-Dick, chapter 112.
constexpr std::string_view kPassage = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Moby-Dick</title></head>
<body>
<h1>Herman Melville - Moby-Dick</h1>
<div>
<p>
Availing himself of the mild, summer-cool weather that now reigned in these latitudes, and in
preparation for the peculiarly active pursuits shortly to be anticipated, Perth, the begrimed,
blistered old blacksmith, had not removed his portable forge to the hold again, after concluding
his contributory work for Ahab's leg, but still retained it on deck, fast lashed to ringbolts by
the foremast; being now almost incessantly invoked by the headsmen, and harpooneers, and bowsmen
to do some little job for them; altering, or repairing, or new shaping their various weapons and
boat furniture. Often he would be surrounded by an eager circle, all waiting to be served;
holding boat-spades, pike-heads, harpoons, and lances, and jealously watching his every sooty
movement, as he toiled. Nevertheless, this old man's was a patient hammer wielded by a patient
arm. No murmur, no impatience, no petulance did come from him. Silent, slow, and solemn; bowing
over still further his chronically broken back, he toiled away, as if toil were life itself, and
the heavy beating of his hammer the heavy beating of his heart. And so it was.—Most miserable! A
peculiar walk in this old man, a certain slight but painful appearing yawing in his gait, had at
an early period of the voyage excited the curiosity of the mariners. And to the importunity of
their persisted questionings he had finally given in; and so it came to pass that every one now
knew the shameful story of his wretched fate. Belated, and not innocently, one bitter winter's
midnight, on the road running between two country towns, the blacksmith half-stupidly felt the
deadly numbness stealing over him, and sought refuge in a leaning, dilapidated barn. The issue
was, the loss of the extremities of both feet. Out of this revelation, part by part, at last
came out the four acts of the gladness, and the one long, and as yet uncatastrophied fifth act
of the grief of his life's drama. He was an old man, who, at the age of nearly sixty, had
postponedly encountered that thing in sorrow's technicals called ruin. He had been an artisan of
famed excellence, and with plenty to do; owned a house and garden; embraced a youthful,
daughter-like, loving wife, and three blithe, ruddy children; every Sunday went to a
cheerful-looking church, planted in a grove. But one night, under cover of darkness, and further
concealed in a most cunning disguisement, a desperate burglar slid into his happy home, and
robbed them all of everything. And darker yet to tell, the blacksmith himself did ignorantly
conduct this burglar into his family's heart. It was the Bottle Conjuror! Upon the opening of
that fatal cork, forth flew the fiend, and shrivelled up his home. Now, for prudent, most wise,
and economic reasons, the blacksmith's shop was in the basement of his dwelling, but with a
separate entrance to it; so that always had the young and loving healthy wife listened with no
unhappy nervousness, but with vigorous pleasure, to the stout ringing of her young-armed old
husband's hammer; whose reverberations, muffled by passing through the floors and walls, came up
to her, not unsweetly, in her nursery; and so, to stout Labor's iron lullaby, the blacksmith's
infants were rocked to slumber. Oh, woe on woe! Oh, Death, why canst thou not sometimes be
timely? Hadst thou taken this old blacksmith to thyself ere his full ruin came upon him, then
had the young widow had a delicious grief, and her orphans a truly venerable, legendary sire to
dream of in their after years; and all of them a care-killing competency.
</p>
</div>
</body>
</html>
)";

constexpr std::string_view kRobots = "User-agent: *\nDisallow: /deny\n";

constexpr std::string_view kDeny = R"(
          .--.
        .' _      _ '.
       /   O      O   \
      :                :
      |                |
      :       __       :
       \  .-"`  `"-.  /
        '.          .'
          '-......-'
     YOU SHOULDN'T BE HERE
)";

constexpr std::string_view kXml = R"(<?xml version='1.0' encoding='us-ascii'?>
<!--  A SAMPLE set of slides  -->
<slideshow
    title="Sample Slide Show"
    date="Date of publication"
    author="Yours Truly"
    >
    <!-- TITLE SLIDE -->
    <slide type="all">
      <title>Wake up to WonderWidgets!</title>
    </slide>
    <!-- OVERVIEW -->
    <slide type="all">
        <title>Overview</title>
        <item>Why <em>WonderWidgets</em> are great</item>
        <item/>
        <item>Who <em>buys</em> WonderWidgets</item>
    </slide>
</slideshow>
)";

constexpr std::string_view kUtf8 = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>UTF-8 encoded sample</title></head>
<body>
<h1>Unicode Demo</h1>
<pre>
One byte     The quick brown fox jumps over the lazy dog.
Two bytes    Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.
             Ο αγράμματος· ζεστό ψωμί. Съешь же ещё этих мягких французских булок.
             דג סקרן שט בים · نص حكيم له سر قاطع
Three bytes  ∀x∈ℝ: ⌈x⌉ = −⌊−x⌋, α ∧ ¬β = ¬(¬α ∨ β), 2H₂ + O₂ ⇌ 2H₂O, R = 4.7 kΩ
             いろはにほへと ちりぬるを · 天地玄黃 宇宙洪荒 · 키스의 고유조건은 · ዐይን ካላዩ
             ╔══╦══╗ ┌──┬──┐ ▁▂▃▄▅▆▇█ “quotes” ‘quotes’ – — … €
Four bytes   𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐌲𐌿𐍄𐌹𐍃𐌺 🫖 🔒 🧪
</pre>
</body>
</html>
)";

constexpr std::string_view kPizzaForm = R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>A form</title></head>
<body>
<form method="post" action="/post">
<p><label>Customer name: <input name="custname"></label></p>
<p><label>Telephone: <input type="tel" name="custtel"></label></p>
<p><label>E-mail address: <input type="email" name="custemail"></label></p>
<fieldset>
<legend> Pizza Size </legend>
<p><label> <input type="radio" name="size" value="small"> Small </label></p>
<p><label> <input type="radio" name="size" value="medium"> Medium </label></p>
<p><label> <input type="radio" name="size" value="large"> Large </label></p>
</fieldset>
<fieldset>
<legend> Pizza Toppings </legend>
<p><label> <input type="checkbox" name="topping" value="bacon"> Bacon </label></p>
<p><label> <input type="checkbox" name="topping" value="cheese"> Extra Cheese </label></p>
<p><label> <input type="checkbox" name="topping" value="onion"> Onion </label></p>
<p><label> <input type="checkbox" name="topping" value="mushroom"> Mushroom </label></p>
</fieldset>
<p><label>Preferred delivery time: <input type="time" min="11:00" max="21:00" step="900" name="delivery"></label></p>
<p><label>Delivery instructions: <textarea name="comments"></textarea></label></p>
<p><button>Submit order</button></p>
</form>
</body>
</html>
)";

}  // namespace

Response html(const Exchange&) {
    return html_response(std::string(kPassage));
}

Response robots(const Exchange&) {
    return text_response(std::string(kRobots));
}

Response deny(const Exchange&) {
    return text_response(std::string(kDeny));
}

Response xml(const Exchange&) {
    return {.headers = {{"Content-Type", "application/xml"}}, .body = std::string(kXml)};
}

Response json_document(const Exchange&) {
    const nlohmann::json first = {{"title", "Wake up to WonderWidgets!"}, {"type", "all"}};
    const nlohmann::json second = {
        {"items", {"Why <em>WonderWidgets</em> are great", "Who <em>buys</em> WonderWidgets"}},
        {"title", "Overview"},
        {"type", "all"}};
    return json_response({{"slideshow",
                           {{"author", "Yours Truly"},
                            {"date", "date of publication"},
                            {"slides", nlohmann::json::array({first, second})},
                            {"title", "Sample Slide Show"}}}});
}

Response utf8(const Exchange&) {
    return html_response(std::string(kUtf8));
}

Response form(const Exchange&) {
    return html_response(std::string(kPizzaForm));
}

}  // namespace sni::httpbin
